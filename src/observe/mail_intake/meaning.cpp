// SPDX-License-Identifier: Apache-2.0
#include "observe/mail_intake/meaning.h"

#include <algorithm>

namespace postern::observe::mail_intake {
namespace {

constexpr std::string_view kTagMark = "+c";
constexpr std::string_view kMessageIdMark = "notice.";

std::string lower(std::string_view s) {
  std::string out(s);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::string_view local_of(std::string_view address) { return address.substr(0, address.rfind('@')); }

// "notice.TAG@isp.example", as act/mail makes them.
std::string_view tag_of_message_id(std::string_view id) {
  if (!id.starts_with(kMessageIdMark)) return {};
  return local_of(id.substr(kMessageIdMark.size()));
}

}  // namespace

Address::Address(std::string_view address)
    : local_(lower(local_of(address))), domain_(lower(address.substr(local_of(address).size()))) {}

bool Address::is(std::string_view recipient) const {
  const std::string given = lower(recipient);
  if (domain_.empty()) return false;  // none was given
  if (!given.ends_with(domain_) || !given.starts_with(local_)) return false;
  const size_t rest = given.size() - domain_.size();
  return rest == local_.size() || (rest > local_.size() && given[local_.size()] == '+');
}

std::string_view Address::tag_of(std::string_view recipient) const {
  if (!is(recipient)) return {};
  const std::string_view rest = local_of(recipient).substr(local_.size());
  return lower(rest).starts_with(kTagMark) ? rest.substr(kTagMark.size()) : std::string_view{};
}

Meaning meaning_of(const wire::HeardMail& mail, const std::vector<std::string>& recipients, const Address& address,
                   const tables::ContactTags& tags) {
  Meaning out{.kind = mail.kind};
  const auto take = [&](std::string_view tag) {
    if (const auto found = out.contact || tag.empty() ? std::nullopt : tags.read(tag)) out.contact = *found;
  };
  for (const std::string& recipient : recipients) take(address.tag_of(recipient));
  for (const std::string& id : mail.named) take(tag_of_message_id(id));
  take(mail.envelope_id);
  if (!out.contact) return out;
  if (mail.kind == wire::MailKind::bounce) {
    out.body = model::ContactSettled{out.contact, model::ContactState::bounced, "returned: " + mail.status};
  } else if (mail.kind == wire::MailKind::reply) {
    out.body = model::NoticeAnswered{out.contact};
  }
  return out;
}

}  // namespace postern::observe::mail_intake
