// SPDX-License-Identifier: Apache-2.0
// Import of subscribers from CSV (RFC 4180) or TOML. All or nothing: one broken line and nothing is imported, but every
// broken line is named with file:line, column and what to do.
//   key,class,language,name,mail,phone,prefixes,access,accounts,leases
// CSV: UTF-8, a BOM and CRLF are fine; the header line is required, its columns in any order; `key` is required, the
// rest may be missing or empty. `prefixes` are separated by spaces, and
// so are `accounts`, the names the subscriber signs in at the relay with, and `leases`, the names DHCP servers know the
// line by (model/lease.h). TOML: [[subscriber]] tables with the same keys, `prefixes` a list. An empty class is left
// empty: the engine takes the default class then.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/subscriber.h"
#include "settings/table/report.h"

namespace postern::settings {

inline constexpr size_t kImportBytesMax = size_t{512} << 20;
inline constexpr size_t kImportTomlBytesMax = size_t{32} << 20;
inline constexpr size_t kImportRowsMax = 4'000'000;
inline constexpr size_t kImportFieldBytesMax = 1'024;
inline constexpr size_t kImportPrefixesMax = 64;  // of one subscriber

// What the settings in force let a row name.
struct RowRules {
  std::span<const std::string_view> classes;
  std::span<const Prefix> prefixes;  // network.subscriber_prefixes; a fixed prefix lies inside one of them
};

// With id 0, in file order.
using Subscribers = std::expected<std::vector<model::Subscriber>, Faults>;

// By its ending: .toml, else CSV.
[[nodiscard]] Subscribers load_subscriber_file(const std::string& path, const RowRules& rules);
// `name` stands for the file in messages. Pure; the bytes are foreign.
[[nodiscard]] Subscribers read_subscriber_csv(std::string_view bytes, const std::string& name, const RowRules& rules);
[[nodiscard]] Subscribers read_subscriber_toml(std::string_view bytes, const std::string& name, const RowRules& rules);

}  // namespace postern::settings
