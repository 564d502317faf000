// SPDX-License-Identifier: Apache-2.0
// The list of sections of postern.toml, for reading and for everything that is printed from the tables.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "settings/settings.h"
#include "settings/table/key.h"

namespace postern::settings {

// one: [gate]; named: [class.NAME]; list: [[radius_acct.client]], any number of times.
enum class Shape : uint8_t { one, named, list };

struct Section {
  std::string_view name;
  Shape shape = Shape::one;
  const KeyTable& (*table)() = nullptr;
  // The struct to read into: the one, that of `name`, or a new one at the end of the list.
  void* (*open)(Settings& settings, std::string_view name) = nullptr;
  std::string (*show_default)(const Key& key) = nullptr;
  // All that `settings` has of it, by its full name: "gate", "class.business", "radius_acct.client[1]".
  using Visit = std::function<void(const std::string& name, const void* section)>;
  void (*each)(const Section& self, const Settings& settings, const Visit& visit) = nullptr;
};

[[nodiscard]] std::span<const Section> sections();
// "[gate]", "[class.NAME]", "[[radius_acct.client]]".
[[nodiscard]] std::string header_of(const Section& section);

}  // namespace postern::settings
