// SPDX-License-Identifier: Apache-2.0
#include "edge/explainer/banner.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

#include "base/check.h"

namespace postern::edge::explainer {
namespace {

using model::Reason;

constexpr size_t kNameMax = 100;
constexpr size_t kUrlMax = 160;

// U+00C0 to U+00FF as people write them where there are only 26 letters.
constexpr std::array<std::string_view, 64> kLatin1{
    "A", "A", "A", "A", "Ae", "A", "AE", "C", "E", "E", "E", "E", "I",  "I", "I",  "I",
    "D", "N", "O", "O", "O",  "O", "Oe", "x", "O", "U", "U", "U", "Ue", "Y", "Th", "ss",
    "a", "a", "a", "a", "ae", "a", "ae", "c", "e", "e", "e", "e", "i",  "i", "i",  "i",
    "d", "n", "o", "o", "o",  "o", "oe", "/", "o", "u", "u", "u", "ue", "y", "th", "y"};

std::string seven_bit(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      out += text[i];
    } else if (c == 0xc3 && i + 1 < text.size() && (static_cast<unsigned char>(text[i + 1]) & 0xc0) == 0x80) {
      out += kLatin1[static_cast<unsigned char>(text[++i]) & 0x3f];
    } else {
      out += '?';
      while (i + 1 < text.size() && (static_cast<unsigned char>(text[i + 1]) & 0xc0) == 0x80) ++i;
    }
  }
  return out;
}

Status check_text(std::string_view setting, std::string_view text, size_t octets_max, bool needed) {
  const std::string where = fmt::format("[provider] {}", setting);
  if (needed && text.empty())
    return fail(Errc::bad_input, fmt::format("{} is empty, a refusal has to name it", setting), where, "set it");
  if (text.size() > octets_max)
    return fail(Errc::bad_input,
                fmt::format("{} has {} octets, a line of a refusal has room for {}", setting, text.size(), octets_max),
                where, "shorten it");
  for (const char c : text) {
    if (c < 0x20 || c == 0x7f)
      return fail(Errc::bad_input, fmt::format("{} holds a control or 8 bit character, an SMTP reply cannot", setting),
                  where, "use printable ASCII, for host names the xn-- form");
  }
  return {};
}

std::string_view host_of(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of(url.starts_with('[') ? "/?#" : ":/?#"));
}

// The middle of a sentence that starts with the provider's name.
std::string_view why(Reason reason) {
  switch (reason) {
    case Reason::unknown_line:
      return "does not know this line: no live session owns the address you call from, so port 25 stays closed.";
    case Reason::permit:
      return "gave this line a permit that does not cover this connection.";
    case Reason::permit_expired:
      return "closed port 25 on this line because its permit to send mail directly has run out.";
    case Reason::permit_revoked:
      return "closed port 25 on this line because its permit to send mail directly was withdrawn.";
    case Reason::operator_order:
      return "closed port 25 on this line by an order of its staff.";
    case Reason::restriction:
      return "restricted this line while a report about mail from it is open; a person will help you.";
    case Reason::none:
    case Reason::class_policy:
      break;
  }
  return "keeps port 25 closed on lines of this kind; mail leaves through a mail server instead.";
}

std::string_view what_to_do_first(Reason reason) {
  switch (reason) {
    case Reason::unknown_line:
      return "Reconnect your line (restart the modem or router) and try again; if it stays so, tell us the reference.";
    case Reason::permit_expired:
      return "The permit can be renewed; until then your own server can hand its mail to a relay.";
    default:
      return {};
  }
}

void add_line(std::string& lines, std::string_view code, std::string_view text) {
  if (text.empty()) return;
  lines += fmt::format("{} {}\r\n", code, text);
}

std::string instead_of(const BannerTexts& t) {
  if (t.relay_host.empty())
    return "Send mail through your mail provider's server, port 587 with your user name and password.";
  return fmt::format("Send mail through {}, port 587 with your user name and password: that is open on every line.",
                     t.relay_host);
}

std::string questions_to(const BannerTexts& t) {
  if (t.contact.empty() && t.phone.empty()) return {};
  const std::string_view between = t.contact.empty() || t.phone.empty() ? "" : ", phone ";
  return fmt::format("Questions: {}{}{}{}", t.contact, between, t.contact.empty() ? "phone " : "", t.phone);
}

size_t append(ReplyBuffer& out, size_t at, std::string_view text) {
  PN_CHECK(text.size() <= out.size() - at);
  std::memcpy(out.data() + at, text.data(), text.size());
  return at + text.size();
}

// The rest of "NAME ..." in the first line of a 421.
std::string limits_text(const model::Limits& l) {
  if (l.connections_per_min == 0 && l.networks_per_hour == 0)
    return "lets this line send mail, but this connection came while that changed; keep the mail queued.";
  std::string out = "limits this line to ";
  if (l.connections_per_min > 0) out += fmt::format("{} new connections a minute", l.connections_per_min);
  if (l.networks_per_hour > 0)
    out += fmt::format("{}{} new destination networks an hour", l.connections_per_min > 0 ? " and " : "",
                       l.networks_per_hour);
  return out + "; keep the mail queued, nothing is lost.";
}

}  // namespace

Result<Banner> Banner::make(const BannerTexts& texts) {
  BannerTexts t = texts;
  t.provider = seven_bit(t.provider);
  PN_TRY_VOID(check_text("name", t.provider, kNameMax, true));
  PN_TRY_VOID(check_text("url", t.url, kUrlMax, true));
  PN_TRY_VOID(check_text("relay_host", t.relay_host, kNameMax, false));
  PN_TRY_VOID(check_text("contact", t.contact, kNameMax, false));
  PN_TRY_VOID(check_text("phone", t.phone, kNameMax, false));
  while (t.url.ends_with('/')) t.url.pop_back();

  Banner b;
  b.provider_ = t.provider;
  b.url_r_ = t.url + "/r/";
  const std::string_view server = host_of(t.url);
  constexpr std::string_view kMore = "554-5.7.1";
  for (size_t i = 0; i < kReasons; ++i) {
    const auto reason = static_cast<Reason>(i);
    std::string& lines = b.closed_[i];
    add_line(lines, kMore, fmt::format("{} {}", t.provider, why(reason)));
    add_line(lines, kMore, what_to_do_first(reason));
    add_line(lines, kMore, instead_of(t));
    add_line(lines, kMore, questions_to(t));
  }
  add_line(b.listed_, kMore,
           fmt::format("{} gave this line a permit for named mail servers; the one you called is not on its list.",
                       t.provider));
  add_line(b.listed_, kMore, "The list can be changed in the permit; mail to all others goes through a relay.");
  add_line(b.listed_, kMore, instead_of(t));
  add_line(b.listed_, kMore, questions_to(t));
  b.closed_last_.before = fmt::format("554 5.7.1 {} refused this, not the server you called. Reference ", t.provider);
  b.no_service_.before = fmt::format("503 5.5.1 {} accepts no mail here, only QUIT. Reference ", t.provider);
  b.limited_head_ = fmt::format("421-4.7.1 {} {} ", server, t.provider);
  b.goodbye_ = fmt::format("221 2.0.0 {} {} closes the connection\r\n", server, t.provider);
  return b;
}

std::string_view Banner::LastLine::finish(ReplyBuffer& out, size_t at, const std::string& url_r,
                                          const tables::ReferenceText& reference) const {
  const std::string_view r(reference.data(), reference.size());
  at = append(out, at, before);
  at = append(out, at, r);
  at = append(out, at, " explains it: ");
  at = append(out, at, url_r);
  at = append(out, at, r);
  at = append(out, at, "\r\n");
  return {out.data(), at};
}

std::string_view Banner::closed(ReplyBuffer& out, Reason reason, bool listed,
                                const tables::ReferenceText& reference) const {
  const size_t index = std::min(static_cast<size_t>(reason), kReasons - 1);
  return closed_last_.finish(out, append(out, 0, listed ? listed_ : closed_[index]), url_r_, reference);
}

std::string_view Banner::limited(ReplyBuffer& out, const model::Limits& limits, Time until,
                                 const tables::ReferenceText& reference) const {
  size_t at = append(out, 0, limited_head_);
  at = append(out, at, limits_text(limits));
  at = append(out, at, "\r\n");
  const LastLine last{
      fmt::format("421 4.7.1 {}: not now, a new connection passes by {}. Reference ", provider_, to_string(until))};
  return last.finish(out, at, url_r_, reference);
}

std::string_view Banner::no_service(ReplyBuffer& out, const tables::ReferenceText& reference) const {
  return no_service_.finish(out, 0, url_r_, reference);
}

Time passes_again(const model::Limits& limits, Time now) {
  int64_t wait_us = 0;
  if (limits.connections_per_min > 0) wait_us = minutes(1).us / limits.connections_per_min + 1;
  if (limits.networks_per_hour > 0) wait_us = std::max(wait_us, hours(1).us / limits.networks_per_hour + 1);
  if (wait_us == 0) wait_us = minutes(1).us;
  const int64_t second = seconds(1).us;
  return Time{(now.us + wait_us + second - 1) / second * second};
}

}  // namespace postern::edge::explainer
