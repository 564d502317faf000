// SPDX-License-Identifier: Apache-2.0
// What the rows of an import must hold, whatever file they come from: SubscriberRows checks one row after the other and
// at the end what rows must not share. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/subscriber.h"
#include "settings/subscriber_file.h"
#include "settings/table/report.h"

namespace postern::settings {

enum class Column : uint8_t { key, class_name, language, name, mail, phone, prefixes, access, accounts, leases };
inline constexpr std::array<std::string_view, 10> kColumns{"key",   "class",    "language", "name",     "mail",
                                                           "phone", "prefixes", "access",   "accounts", "leases"};
// Reading stops there: the file is not what it is said to be.
inline constexpr size_t kImportFaultsMax = 10'000;

struct RawRow {
  std::array<std::string_view, kColumns.size()> fields;
  std::vector<std::string_view> prefixes;  // instead of fields[prefixes]
  std::array<Position, kColumns.size()> at;
};

class SubscriberRows {
 public:
  SubscriberRows(const RowRules& rules, Report& report) : rules_(rules), report_(report) {}

  // False when no more rows are worth reading (a limit was reached and reported).
  bool add(const RawRow& row);
  // The rows, or nothing when the report has faults.
  std::vector<model::Subscriber> finish();

 private:
  struct Held {
    Prefix prefix;
    uint32_t row;
  };

  bool text(const RawRow& row, Column column, size_t bytes_max);
  void key(const RawRow& row);
  void class_name(const RawRow& row);
  void contact(const RawRow& row, model::Subscriber& out);
  void prefixes(const RawRow& row, model::Subscriber& out);
  void accounts(const RawRow& row, model::Subscriber& out);
  void leases(const RawRow& row, model::Subscriber& out);
  void overlaps();
  void fault(const RawRow& row, Column column, std::string what, std::string fix);

  RowRules rules_;
  Report& report_;
  std::vector<model::Subscriber> rows_;
  std::vector<uint32_t> lines_;
  std::unordered_map<std::string, uint32_t> keys_;  // to the line
  std::vector<Held> held_;
  std::unordered_map<std::string, uint32_t> accounts_;  // to the line
  std::unordered_map<std::string, uint32_t> leases_;    // to the line
};

}  // namespace postern::settings
