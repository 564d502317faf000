// SPDX-License-Identifier: Apache-2.0
#include "settings/table/key.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>

#include "settings/table/suggest.h"

namespace postern::settings {
namespace {

std::string bound_text(const Key& key, int64_t bound) {
  switch (key.type) {
    case Type::duration:
      return to_string(Duration{bound});
    case Type::decimal:
      return show_value(Decimal{static_cast<int32_t>(bound)});
    default:
      return fmt::format("{}", bound);
  }
}

bool in_range(const Key& key, int64_t value, int64_t type_max) {
  return value >= key.spec.min && value <= (key.spec.max != 0 ? key.spec.max : type_max);
}

void out_of_range(Position at, const std::string& shown, const Reading& how) {
  how.fault(at, fmt::format("is {}, out of range", shown), fmt::format("allowed: {}", range_text(how.key)));
}

void wrong_type(const Node& value, const Reading& how, std::string_view wanted, std::string_view example) {
  how.fault(value.at, fmt::format("must be {}, not {}", wanted, kind_name(value.kind)),
            fmt::format("write {}", example));
}

bool read_text(std::string& out, const Node& value, const Reading& how, std::string_view wanted,
               std::string_view example) {
  if (value.kind != Node::Kind::text) {
    wrong_type(value, how, wanted, example);
    return false;
  }
  if (value.text.size() > kTextMax) {
    how.fault(value.at, fmt::format("is longer than {} bytes", kTextMax));
    return false;
  }
  out = value.text;
  return true;
}

// Takes what `parse` makes of the text; its error gets our name and place.
template <class T, class Parse>
void read_parsed(T& out, const Node& value, const Reading& how, std::string_view wanted, std::string_view example,
                 Parse parse) {
  std::string text;
  if (!read_text(text, value, how, wanted, example)) return;
  if (text.empty() && how.key.spec.empty_is_none) {
    out = T{};
    return;
  }
  auto parsed = parse(text);
  if (parsed) {
    out = *parsed;
  } else {
    how.fault(value.at, ": " + parsed.error().what, parsed.error().fix);
  }
}

std::string example_of(const Key& key) {
  if (!key.spec.example.empty()) return std::string(key.spec.example);
  if (key.spec.form != nullptr) return show_text(key.spec.form->example);
  return "\"text\"";
}

}  // namespace

void Reading::fault(Position at, std::string what, std::string fix) const {
  const bool colon = what.starts_with(':');
  report.add(at, fmt::format("{}.{}{}{}", section, key.name, colon ? "" : " ", what), std::move(fix));
}

void read_value(std::string& out, const Node& value, const Reading& how) {
  std::string text;
  const Form* form = how.key.spec.form;
  if (!read_text(text, value, how, form != nullptr ? form->name : "text in quotes", example_of(how.key))) return;
  const bool none = text.empty() && how.key.spec.empty_is_none;
  if (!none && form != nullptr && !form->holds(text)) {
    how.fault(value.at, fmt::format("is {}, which is not {}", show_text(text), form->name),
              fmt::format("write it like {}", show_text(form->example)));
    return;
  }
  out = std::move(text);
}

void read_value(uint32_t& out, const Node& value, const Reading& how) {
  if (value.kind != Node::Kind::integer) {
    const std::string range = range_text(how.key);
    return wrong_type(value, how, "a whole number", range.empty() ? "it without quotes" : range);
  }
  if (!in_range(how.key, value.integer, std::numeric_limits<uint32_t>::max()))
    return out_of_range(value.at, fmt::format("{}", value.integer), how);
  out = static_cast<uint32_t>(value.integer);
}

void read_value(Decimal& out, const Node& value, const Reading& how) {
  const bool whole = value.kind == Node::Kind::integer;
  if (!whole && value.kind != Node::Kind::decimal) return wrong_type(value, how, "a number", range_text(how.key));
  const double number = whole ? static_cast<double>(value.integer) : value.decimal;
  constexpr double kMax = std::numeric_limits<int32_t>::max() / 1000.0;
  const double scaled = std::abs(number) <= kMax ? std::round(number * 1000) : 0;
  if (!(std::abs(number) <= kMax) ||
      !in_range(how.key, static_cast<int64_t>(scaled), std::numeric_limits<int32_t>::max()))
    return out_of_range(value.at, whole ? fmt::format("{}", value.integer) : fmt::format("{}", number), how);
  if (std::abs(number * 1000 - scaled) > 1e-6)
    return how.fault(value.at, fmt::format("is {}, which has more than three decimal places", number));
  out.thousandths = static_cast<int32_t>(scaled);
}

void read_value(bool& out, const Node& value, const Reading& how) {
  if (value.kind != Node::Kind::flag) return wrong_type(value, how, "true or false", "it without quotes");
  out = value.flag;
}

void read_value(Duration& out, const Node& value, const Reading& how) {
  std::string text;
  if (!read_text(text, value, how, "a duration", "it in quotes with a unit: \"90s\", \"15m\", \"72h\"")) return;
  const auto parsed = parse_duration(text);
  if (!parsed) return how.fault(value.at, ": " + parsed.error().what, parsed.error().fix);
  if (!in_range(how.key, parsed->us, std::numeric_limits<int64_t>::max())) return out_of_range(value.at, text, how);
  out = *parsed;
}

void read_value(IpAddress& out, const Node& value, const Reading& how) {
  read_parsed(out, value, how, "an IP address", "\"192.0.2.10\" or \"2001:db8::10\"",
              [](std::string_view s) { return parse_ip(s); });
}

void read_value(Prefix& out, const Node& value, const Reading& how) {
  read_parsed(out, value, how, "a prefix", "\"192.0.2.0/24\" or \"2001:db8::/32\"",
              [](std::string_view s) { return parse_prefix(s); });
}

void read_value(Endpoint& out, const Node& value, const Reading& how) {
  read_parsed(out, value, how, "an address and port", "\"192.0.2.1:1813\" or \"[2001:db8::1]:1813\"",
              [](std::string_view s) -> Result<Endpoint> {
                auto e = parse_endpoint(s);
                if (e && e->port == 0) return fail(Errc::bad_input, "port 0 is no port", {}, "write 1 to 65535");
                return e;
              });
}

std::vector<std::string_view> offered(const Key& key) {
  std::vector<std::string_view> out;
  for (const std::string_view name : key.choices) {
    if (name != key.spec.without) out.push_back(name);
  }
  return out;
}

std::optional<size_t> read_choice(const Node& value, const Reading& how) {
  const auto names = offered(how.key);
  const std::string wanted = fmt::format("one of {}", fmt::join(names, ", "));
  std::string text;
  if (!read_text(text, value, how, wanted, show_text(names.front()))) return std::nullopt;
  if (std::ranges::find(names, text) == names.end()) {
    how.fault(value.at, fmt::format("is {}, which is not {}", show_text(text), wanted), suggestion(text, names));
    return std::nullopt;
  }
  return static_cast<size_t>(std::ranges::find(how.key.choices, text) - how.key.choices.begin());
}

bool read_list_shape(const Node& value, const Reading& how) {
  if (value.kind != Node::Kind::array) {
    how.fault(value.at, fmt::format("must be {}, not {}", type_text(how.key), kind_name(value.kind)),
              "put it in brackets: [ … ]");
    return false;
  }
  if (value.items.size() > kListItemsMax) {
    how.fault(value.at, fmt::format("has {} entries, more than {}", value.items.size(), kListItemsMax));
    return false;
  }
  if (value.items.empty() && how.key.spec.required) {
    how.fault(value.at, "must not be empty", fmt::format("for example {}", how.key.spec.example));
    return false;
  }
  return true;
}

std::string show_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (u < 0x20 || u == 0x7f) {
      out += fmt::format("\\u{:04x}", u);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string show_value(uint32_t value) { return fmt::format("{}", value); }

std::string show_value(Decimal value) {
  std::string out = fmt::format("{}{}.{:03}", value.thousandths < 0 ? "-" : "", std::abs(value.thousandths / 1000),
                                std::abs(value.thousandths % 1000));
  while (out.ends_with('0') && !out.ends_with(".0")) out.pop_back();
  return out;
}

std::string range_text(const Key& key) {
  const Spec& s = key.spec;
  const std::string unit = s.unit.empty() ? std::string() : fmt::format(" {}", s.unit);
  if (s.max != 0) return fmt::format("{} to {}{}", bound_text(key, s.min), bound_text(key, s.max), unit);
  if (s.min != 0) return fmt::format("at least {}{}", bound_text(key, s.min), unit);
  return s.unit.empty() ? std::string() : std::string(s.unit);
}

std::string type_text(const Key& key) {
  switch (key.type) {
    case Type::text:
      return key.list ? "a list of texts" : "text";
    case Type::number:
      return key.list ? "a list of whole numbers" : "whole number";
    case Type::decimal:
      return key.list ? "a list of numbers" : "number";
    case Type::flag:
      return "true or false";
    case Type::duration:
      return key.list ? "a list of durations" : "duration";
    case Type::address:
      return key.list ? "a list of IP addresses" : "IP address";
    case Type::prefix:
      return key.list ? "a list of prefixes" : "prefix";
    case Type::endpoint:
      return key.list ? "a list of addresses with port" : "address with port";
    case Type::choice:
      return fmt::format("{} {}", key.list ? "a list of" : "one of", fmt::join(offered(key), ", "));
  }
  return "?";
}

void read_section(void* section, const KeyTable& table, const Node& node, std::string_view name,
                  std::span<const std::string_view> inner, bool complete, Report& report) {
  for (const Node::Member& member : node.members) {
    const auto key = std::ranges::find(table.keys, member.key, &Key::name);
    if (key != table.keys.end()) {
      key->read(section, member.value, {*key, name, report});
    } else if (std::ranges::find(inner, member.key) == inner.end()) {
      std::vector<std::string_view> known(inner.begin(), inner.end());
      for (const Key& k : table.keys) known.push_back(k.name);
      report.add(member.at, fmt::format("unknown key {} in [{}]", show_text(member.key), name),
                 suggestion(member.key, known));
    }
  }
  if (!complete) return;
  for (const Key& key : table.keys) {
    if (key.spec.required && node.find(key.name) == nullptr)
      report.add(node.at, fmt::format("[{}] lacks {}", name, key.name),
                 fmt::format("add {} = {}", key.name, key.spec.example));
  }
}

}  // namespace postern::settings
