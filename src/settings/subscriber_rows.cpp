// SPDX-License-Identifier: Apache-2.0
#include "settings/subscriber_rows.h"

#include <algorithm>
#include <fmt/format.h>

#include "model/account.h"
#include "model/lease.h"
#include "settings/table/form.h"
#include "settings/table/key.h"
#include "settings/table/suggest.h"

namespace postern::settings {
namespace {

constexpr size_t kKeyMax = 253;  // a RADIUS attribute
constexpr size_t kPhoneMax = 64;

std::string_view field_of(const RawRow& row, Column column) { return row.fields[static_cast<size_t>(column)]; }

// A value in a message: escaped, and cut where it would fill the screen.
std::string shown(std::string_view value) {
  constexpr size_t kShownMax = 60;
  if (value.size() <= kShownMax) return show_text(value);
  size_t end = kShownMax;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xc0) == 0x80) --end;
  return show_text(value.substr(0, end)) + "…";
}

}  // namespace

void SubscriberRows::fault(const RawRow& row, Column column, std::string what, std::string fix) {
  const auto index = static_cast<size_t>(column);
  report_.add(row.at[index], fmt::format("{}: {}", kColumns[index], what), std::move(fix));
}

// What holds for every text. False when there is nothing sound to look at further.
bool SubscriberRows::text(const RawRow& row, Column column, size_t bytes_max) {
  const std::string_view value = field_of(row, column);
  if (value.empty()) return false;
  if (value.size() > bytes_max) {
    fault(row, column, fmt::format("is {} bytes long, more than {}", value.size(), bytes_max), "shorten it");
    return false;
  }
  if (!is_utf8(value)) {
    fault(row, column, "is not UTF-8", "save the file as UTF-8");
    return false;
  }
  if (!is_one_line(value)) {
    fault(row, column, fmt::format("{} holds a control character or line break", shown(value)), "remove it");
    return false;
  }
  if (value.front() == ' ' || value.back() == ' ') {
    fault(row, column, fmt::format("{} begins or ends with a space", shown(value)), "remove it");
    return false;
  }
  return true;
}

void SubscriberRows::key(const RawRow& row) {
  const std::string_view value = field_of(row, Column::key);
  if (value.empty()) return fault(row, Column::key, "is empty", "every subscriber needs a key of its own");
  if (!text(row, Column::key, kKeyMax)) return;
  const uint32_t line = row.at[0].line;
  const auto [it, fresh] = keys_.try_emplace(std::string(value), line);
  if (!fresh)
    fault(row, Column::key, fmt::format("{} is also in line {}", shown(value), it->second),
          "a key belongs to one subscriber; put all prefixes into one row");
}

void SubscriberRows::class_name(const RawRow& row) {
  const std::string_view value = field_of(row, Column::class_name);
  if (!text(row, Column::class_name, kImportFieldBytesMax)) return;
  if (std::ranges::find(rules_.classes, value) == rules_.classes.end())
    fault(row, Column::class_name, fmt::format("there is no class {}", shown(value)),
          suggestion(value, rules_.classes));
}

void SubscriberRows::contact(const RawRow& row, model::Subscriber& out) {
  text(row, Column::name, kImportFieldBytesMax);
  text(row, Column::phone, kPhoneMax);
  const std::string_view mail = field_of(row, Column::mail);
  if (text(row, Column::mail, kImportFieldBytesMax) && !is_mail_address(mail))
    fault(row, Column::mail, fmt::format("{} is not a mail address", shown(mail)),
          "write one address like erika@isp.example, or leave it empty");
  out.contact->name = field_of(row, Column::name);
  out.contact->mail = mail;
  out.contact->phone = field_of(row, Column::phone);
}

void SubscriberRows::prefixes(const RawRow& row, model::Subscriber& out) {
  if (row.prefixes.size() > kImportPrefixesMax)
    return fault(row, Column::prefixes,
                 fmt::format("has {} prefixes, more than {}", row.prefixes.size(), kImportPrefixesMax),
                 "combine neighbours into wider prefixes");
  for (const std::string_view value : row.prefixes) {
    const auto prefix = parse_prefix(value);
    if (!prefix) {
      const bool sound = is_utf8(value) && value.size() <= kImportFieldBytesMax;
      fault(row, Column::prefixes, sound ? prefix.error().what : "holds something that is not text",
            prefix.error().fix);
      continue;
    }
    const uint8_t least = prefix->address.family == Family::v4 ? 8 : 16;
    if (prefix->length < least) {
      fault(row, Column::prefixes, fmt::format("{} is wider than /{}", to_string(*prefix), least),
            "name the prefixes that are this line's");
      continue;
    }
    if (std::ranges::none_of(rules_.prefixes, [&](const Prefix& range) { return range.contains(*prefix); })) {
      fault(row, Column::prefixes, fmt::format("{} is in none of network.subscriber_prefixes", to_string(*prefix)),
            "correct it, or add its network there in postern.toml: the gate governs nothing outside of them");
      continue;
    }
    out.fixed.push_back(*prefix);
    held_.push_back({*prefix, static_cast<uint32_t>(rows_.size())});
  }
}

void SubscriberRows::accounts(const RawRow& row, model::Subscriber& out) {
  std::string_view rest = field_of(row, Column::accounts);
  if (!text(row, Column::accounts, kImportFieldBytesMax)) return;
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    if (one.empty()) continue;
    if (one.size() > model::kAccountNameMax) {
      fault(row, Column::accounts, fmt::format("{} is longer than {} bytes", shown(one), model::kAccountNameMax),
            "write the name as people sign in with it");
      continue;
    }
    std::string name = model::account_name(one);
    const auto [it, fresh] = accounts_.try_emplace(name, row.at[0].line);
    if (!fresh) {
      fault(row, Column::accounts, fmt::format("{} is also in line {}", shown(one), it->second),
            "an account belongs to one subscriber");
      continue;
    }
    out.accounts->push_back(std::move(name));
  }
  if (out.accounts->size() > model::kAccountsPerSubscriberMax)
    fault(row, Column::accounts,
          fmt::format("has {} accounts, more than {}", out.accounts->size(), model::kAccountsPerSubscriberMax),
          "name those that send mail through the relay");
  std::ranges::sort(out.accounts.value);
}

void SubscriberRows::leases(const RawRow& row, model::Subscriber& out) {
  std::string_view rest = field_of(row, Column::leases);
  if (!text(row, Column::leases, kImportFieldBytesMax)) return;
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    if (one.empty()) continue;
    auto name = model::parse_lease_name(one);
    if (!name) {
      fault(row, Column::leases, fmt::format("{} {}", shown(one), name.error().what), name.error().fix);
      continue;
    }
    const auto [it, fresh] = leases_.try_emplace(*name, row.at[0].line);
    if (!fresh) {
      fault(row, Column::leases, fmt::format("{} is also in line {}", shown(one), it->second),
            "a name of leases belongs to one subscriber");
      continue;
    }
    out.leases->push_back(std::move(*name));
  }
  if (out.leases->size() > model::kLeaseNamesPerSubscriberMax)
    fault(row, Column::leases,
          fmt::format("has {} names, more than {}", out.leases->size(), model::kLeaseNamesPerSubscriberMax),
          "name the line's circuit instead of each device");
  std::ranges::sort(out.leases.value);
}

bool SubscriberRows::add(const RawRow& row) {
  if (rows_.size() == kImportRowsMax) {
    report_.add(row.at[0], fmt::format("more than {} subscribers", kImportRowsMax), "import them in several files",
                Errc::limit);
    return false;
  }
  model::Subscriber out;
  key(row);
  class_name(row);
  const std::string_view language = field_of(row, Column::language);
  if (text(row, Column::language, kImportFieldBytesMax) && !is_language_tag(language))
    fault(row, Column::language, fmt::format("{} is not a language tag", shown(language)), "write it like en or pt-BR");
  contact(row, out);
  prefixes(row, out);
  accounts(row, out);
  leases(row, out);
  const std::string_view access = field_of(row, Column::access);
  if (text(row, Column::access, kImportFieldBytesMax) &&
      (!is_interface_glob(access) || access.find_first_of("*?") != access.npos))
    fault(row, Column::access, fmt::format("{} is not an interface name", shown(access)),
          "at most 15 bytes, no spaces, no patterns");
  out.key = field_of(row, Column::key);
  out.class_name = field_of(row, Column::class_name);
  if (!language.empty()) out.language = language;
  out.access = access;
  rows_.push_back(std::move(out));
  lines_.push_back(row.at[0].line);
  if (report_.size() < kImportFaultsMax) return true;
  report_.add(row.at[0], fmt::format("more than {} faults: reading stopped here", kImportFaultsMax),
              "is it the right file?", Errc::limit);
  return false;
}

// Prefixes are disjoint or one holds the other, so in sorted order every overlap shows against the last one that was
// not inside another.
void SubscriberRows::overlaps() {
  std::ranges::sort(held_, {}, [](const Held& h) { return std::tuple(h.prefix, h.row); });
  const Held* cover = nullptr;
  for (const Held& h : held_) {
    if (cover == nullptr || !cover->prefix.contains(h.prefix)) {
      cover = &h;
      continue;
    }
    // Told at the later row: that is the one somebody just added.
    const Held& later = h.row >= cover->row ? h : *cover;
    const Held& earlier = h.row >= cover->row ? *cover : h;
    const bool same = later.row == earlier.row;
    report_.add({lines_[later.row], 0},
                fmt::format("prefixes: {} overlaps {} of {}", to_string(later.prefix), to_string(earlier.prefix),
                            same ? "the same row" : fmt::format("line {}", lines_[earlier.row])),
                same ? "remove one" : "a prefix belongs to one subscriber");
  }
}

std::vector<model::Subscriber> SubscriberRows::finish() {
  overlaps();
  return report_.empty() ? std::move(rows_) : std::vector<model::Subscriber>();
}

}  // namespace postern::settings
