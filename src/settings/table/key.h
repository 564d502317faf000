// SPDX-License-Identifier: Apache-2.0
// Key: one line of a section's table. The table is the only place a key is described; parsing, messages, manual page,
// JSON schema and the all-keys file follow from it. The type is the member's, the default is the member's initialiser.
//   struct Gate { uint32_t lines_max = 1'048'576; static const KeyTable& table(); };
//   constexpr Key kKeys[] = {
//     key<&Gate::lines_max>("lines_max", {.unit = "lines", .min = 1'024, .max = 16'777'216, .help = "…"}),
#pragma once

#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/endpoint.h"
#include "base/fields.h"
#include "base/ip.h"
#include "base/time.h"
#include "settings/table/form.h"
#include "settings/table/node.h"

namespace postern::settings {

// A decimal number with up to three places, kept as an integer (scores in nats).
struct Decimal {
  int32_t thousandths = 0;
  auto operator<=>(const Decimal&) const = default;
};

enum class Type : uint8_t { text, number, decimal, flag, duration, address, prefix, endpoint, choice };
enum class Reload : uint8_t { restart, live };

struct Spec {
  bool required = false;            // must be there; a list must not be empty
  const Form* form = nullptr;       // texts only
  std::string_view unit = {};       // numbers only
  std::string_view without = {};    // a choice of the enum that is not offered here
  int64_t min = 0;                  // number, decimal (thousandths), duration (microseconds)
  int64_t max = 0;                  // 0 = no bound but the type's
  bool empty_is_none = false;       // "" is allowed and means: not there
  std::string_view example = {};    // as TOML, where the default says too little
  Reload reload = Reload::restart;  // live = taken over on SIGHUP (roles restart, the supervisor and listeners do not)
  std::string_view help;            // one sentence for people, starts lower-case, ends without a full stop
};

struct Key;
// What reading one value needs: where faults go and how the key is called in them ("gate.lines_max").
struct Reading {
  const Key& key;
  std::string_view section;
  Report& report;
  void fault(Position at, std::string what, std::string fix = {}) const;
};

struct Key {
  std::string_view name;
  Type type = Type::text;
  bool list = false;
  std::span<const std::string_view> choices;
  Spec spec;
  void (*read)(void* section, const Node& value, const Reading& how) = nullptr;
  std::string (*show)(const void* section) = nullptr;  // the value as TOML
};

struct KeyTable {
  std::string_view help;  // what the section is about, a sentence or two
  std::span<const Key> keys;
};

inline constexpr size_t kListItemsMax = 4096;

// Each reads one value or reports why not, and then leaves `out` as it was.
void read_value(std::string& out, const Node& value, const Reading& how);
void read_value(uint32_t& out, const Node& value, const Reading& how);
void read_value(Decimal& out, const Node& value, const Reading& how);
void read_value(bool& out, const Node& value, const Reading& how);
void read_value(Duration& out, const Node& value, const Reading& how);
void read_value(IpAddress& out, const Node& value, const Reading& how);
void read_value(Prefix& out, const Node& value, const Reading& how);
void read_value(Endpoint& out, const Node& value, const Reading& how);
[[nodiscard]] std::optional<size_t> read_choice(const Node& value, const Reading& how);
[[nodiscard]] bool read_list_shape(const Node& value, const Reading& how);

[[nodiscard]] std::string show_text(std::string_view text);
[[nodiscard]] std::string show_value(uint32_t value);
[[nodiscard]] std::string show_value(Decimal value);
[[nodiscard]] inline std::string show_value(bool value) { return value ? "true" : "false"; }
[[nodiscard]] inline std::string show_value(const std::string& value) { return show_text(value); }
[[nodiscard]] inline std::string show_value(Duration value) { return show_text(to_string(value)); }
[[nodiscard]] inline std::string show_value(const Prefix& value) { return show_text(to_string(value)); }
[[nodiscard]] inline std::string show_value(const IpAddress& value) {
  return show_text(value ? to_string(value) : std::string());
}
[[nodiscard]] inline std::string show_value(const Endpoint& value) {
  return show_text(value.address ? to_string(value) : std::string());
}

template <NamedEnum E>
void read_value(E& out, const Node& value, const Reading& how) {
  if (const auto index = read_choice(value, how)) out = static_cast<E>(*index);
}
template <NamedEnum E>
[[nodiscard]] std::string show_value(E value) {
  return show_text(to_string(value));
}

template <class T>
void read_value(std::vector<T>& out, const Node& value, const Reading& how) {
  if (!read_list_shape(value, how)) return;
  std::vector<T> items;
  items.reserve(value.items.size());
  // One item per item, also when it is wrong: cross-checks find its place by its index.
  for (const Node& item : value.items) read_value(items.emplace_back(), item, how);
  out = std::move(items);
}
template <class T>
[[nodiscard]] std::string show_value(const std::vector<T>& values) {
  std::string out = "[";
  for (const T& v : values) out += (out.size() > 1 ? ", " : "") + show_value(v);
  return out + "]";
}

template <class T>
struct ItemOf {
  using type = T;
  static constexpr bool kList = false;
};
template <class T>
struct ItemOf<std::vector<T>> {
  using type = T;
  static constexpr bool kList = true;
};

template <class T>
consteval Type type_of() {
  if constexpr (std::same_as<T, std::string>) return Type::text;
  if constexpr (std::same_as<T, uint32_t>) return Type::number;
  if constexpr (std::same_as<T, Decimal>) return Type::decimal;
  if constexpr (std::same_as<T, bool>) return Type::flag;
  if constexpr (std::same_as<T, Duration>) return Type::duration;
  if constexpr (std::same_as<T, IpAddress>) return Type::address;
  if constexpr (std::same_as<T, Prefix>) return Type::prefix;
  if constexpr (std::same_as<T, Endpoint>) return Type::endpoint;
  if constexpr (NamedEnum<T>) return Type::choice;
}

template <auto Member>
struct MemberOf;
template <class S, class T, T S::* Member>
struct MemberOf<Member> {
  using section = S;
  using type = T;
};

template <auto Member>
constexpr Key key(std::string_view name, Spec spec) {
  using S = typename MemberOf<Member>::section;
  using Item = ItemOf<typename MemberOf<Member>::type>;
  Key k;
  k.name = name;
  k.type = type_of<typename Item::type>();
  k.list = Item::kList;
  k.spec = spec;
  k.read = [](void* section, const Node& value, const Reading& how) {
    read_value(static_cast<S*>(section)->*Member, value, how);
  };
  k.show = [](const void* section) { return show_value(static_cast<const S*>(section)->*Member); };
  return k;
}
// The same for an enum; `names` is its pn_names_of_X.
template <auto Member>
constexpr Key choice(std::string_view name, std::span<const std::string_view> names, Spec spec) {
  Key k = key<Member>(name, spec);
  k.choices = names;
  return k;
}

// The names a choice may have here.
[[nodiscard]] std::vector<std::string_view> offered(const Key& key);
// "1024 to 16777216 lines", "at least 1m"; empty without bounds.
[[nodiscard]] std::string range_text(const Key& key);
// "a whole number", "a list of prefixes".
[[nodiscard]] std::string type_text(const Key& key);

// Reads one section from its table: values, unknown keys (those of `inner` are known), missing required keys.
void read_section(void* section, const KeyTable& table, const Node& node, std::string_view name,
                  std::span<const std::string_view> inner, bool complete, Report& report);

}  // namespace postern::settings
