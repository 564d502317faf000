// SPDX-License-Identifier: Apache-2.0
#include "wire/mail/feedback/feedback_report.h"

#include <array>
#include <charconv>
#include <map>
#include <utility>

#include "wire/mail/feedback/header.h"
#include "wire/mail/feedback/mail_date.h"

namespace postern::wire {
namespace {

FeedbackType type_of(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, FeedbackType>, 8> kTypes = {{
      {"abuse", FeedbackType::abuse},
      {"fraud", FeedbackType::fraud},
      {"virus", FeedbackType::virus},
      {"not-spam", FeedbackType::not_spam},
      {"auth-failure", FeedbackType::auth_failure},
      {"opt-out", FeedbackType::opt_out},
      {"opt-out-list", FeedbackType::opt_out},
      {"other", FeedbackType::other},
  }};
  for (const auto& [name, type] : kTypes)
    if (word == name) return type;
  return FeedbackType::other;
}

// "192.0.2.1", "2001:db8::1", and as some write it "[IPv6:2001:db8::1]".
std::optional<IpAddress> address_of(std::string_view s) {
  if (s.starts_with('[') && s.ends_with(']')) s = s.substr(1, s.size() - 2);
  if (lower_case(s.substr(0, 5)) == "ipv6:") s.remove_prefix(5);
  const auto address = parse_ip(s);
  return address ? std::optional(*address) : std::nullopt;
}

std::optional<uint16_t> port_of(std::string_view s) {
  uint16_t out = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), out);
  if (error != std::errc() || end != s.data() + s.size() || out == 0) return std::nullopt;
  return out;
}

}  // namespace

std::optional<FeedbackReport> read_feedback_report(std::string_view text) {
  std::map<std::string, std::string> once;
  Fields fields(text);
  while (auto field = fields.next())
    for (const char* name : {"feedback-type", "version", "source-ip", "source-port", "arrival-date", "received-date"})
      if (field->name == name && !once.emplace(field->name, std::move(field->value)).second) return std::nullopt;
  const auto said = [&](const char* name) -> const std::string* {
    const auto it = once.find(name);
    return it == once.end() ? nullptr : &it->second;
  };
  // "1" is RFC 5965's; "0.1" was the draft's, and is still sent.
  const std::string* const version = said("version");
  const std::string* const type = said("feedback-type");
  if (type == nullptr || (version != nullptr && *version != "1" && *version != "0.1")) return std::nullopt;
  FeedbackReport out{.type = type_of(lower_case(*type)), .source = {}, .port = 0, .arrived = {}};
  if (const std::string* s = said("source-ip")) {
    const auto address = address_of(*s);
    if (!address) return std::nullopt;
    out.source = *address;
  }
  if (const std::string* s = said("source-port")) {
    const auto port = port_of(*s);
    if (!port) return std::nullopt;
    out.port = *port;
  }
  const std::string* date = said("arrival-date");
  if (date == nullptr) date = said("received-date");
  if (date != nullptr)
    if (const auto at = read_mail_date(*date)) out.arrived = *at;
  return out;
}

}  // namespace postern::wire
