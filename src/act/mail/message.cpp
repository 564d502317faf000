// SPDX-License-Identifier: Apache-2.0
// One notice as a message: RFC 5322 headers, RFC 2047 encoded words, a quoted-printable body (RFC 2045 section 6.7).
#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>

#include "act/mail/mail.h"
#include "wire/base64.h"

namespace postern::act::mail {
namespace {

constexpr size_t kWordOctetsMax = 39;  // of one encoded word: 52 characters of base64 and 12 around them
constexpr size_t kLineMax = 76;

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

// Never between the octets of one character.
std::string encoded_words(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    size_t n = std::min(text.size(), kWordOctetsMax);
    while (n < text.size() && n > 1 && (static_cast<unsigned char>(text[n]) & 0xc0) == 0x80) --n;
    if (!out.empty()) out += "\r\n ";
    out += fmt::format("=?utf-8?B?{}?=", wire::base64(text.substr(0, n)));
    text.remove_prefix(n);
  }
  return out;
}

// What stands in a header may not begin a line of its own.
std::string on_one_line(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(out, [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  return out;
}

std::string unstructured(std::string_view text) {
  const std::string line = on_one_line(text);
  return is_plain(line) && line.size() <= kLineMax - 12 ? line : encoded_words(line);
}

std::string mailbox(std::string_view name, std::string_view address) {
  const std::string line = on_one_line(name);
  if (line.empty()) return fmt::format("<{}>", on_one_line(address));
  std::string shown;
  if (is_plain(line)) {
    shown += '"';
    for (const char c : line) {
      if (c == '"' || c == '\\') shown += '\\';
      shown += c;
    }
    shown += '"';
  } else {
    shown = encoded_words(line);
  }
  return fmt::format("{}\r\n <{}>", shown, on_one_line(address));
}

// RFC 5322 section 3.3; UTC.
std::string date_of(Time at) {
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_days day{std::chrono::days{at.unix_day()}};
  const std::chrono::year_month_day d{day};
  const int64_t second = at.unix_seconds() % 86'400;
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", kDays[std::chrono::weekday{day}.c_encoding()],
                     static_cast<unsigned>(d.day()), kMonths[static_cast<unsigned>(d.month()) - 1],
                     static_cast<int>(d.year()), second / 3600, second / 60 % 60, second % 60);
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  size_t column = 0;
  const auto put = [&](std::string_view piece) {
    if (column + piece.size() > kLineMax - 1) {
      out += "=\r\n";
      column = 0;
    }
    out += piece;
    column += piece.size();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n') {
      out += "\r\n";
      column = 0;
      continue;
    }
    const bool at_end = i + 1 == text.size() || text[i + 1] == '\n';
    const bool plain = (c > ' ' && c < 0x7f && c != '=') || (c == ' ' && !at_end);
    // A dot or "From " at the start of a line is left to nobody's luck on the way.
    const bool risky = column == 0 && (c == '.' || (c == 'F' && text.substr(i, 5) == "From "));
    put(plain && !risky ? std::string(1, text[i]) : fmt::format("={:02X}", c));
  }
  return out;
}

std::string domain_of(std::string_view address) {
  const size_t at = address.rfind('@');
  return std::string(at == std::string_view::npos ? address : address.substr(at + 1));
}

}  // namespace

std::string message_id_of(const Letter& letter, const Config& config) {
  return fmt::format("<notice.{}@{}>", letter.tag, domain_of(config.from));
}

std::string envelope_sender_of(const Letter& letter, const Config& config) {
  const size_t at = config.bounces.rfind('@');
  if (at == std::string::npos) return config.bounces;
  return fmt::format("{}+c{}{}", config.bounces.substr(0, at), letter.tag, config.bounces.substr(at));
}

std::string message_of(const Letter& letter, const Config& config) {
  std::string out;
  const auto header = [&](std::string_view name, const std::string& value) {
    out += fmt::format("{}: {}\r\n", name, value);
  };
  header("From", mailbox(config.from_name, config.from));
  header("To", mailbox(letter.name, letter.to));
  if (!letter.reply_to.empty()) header("Reply-To", fmt::format("<{}>", on_one_line(letter.reply_to)));
  header("Subject", unstructured(letter.subject));
  header("Date", date_of(letter.at));
  header("Message-ID", message_id_of(letter, config));
  header("Auto-Submitted", "auto-generated");  // RFC 3834: no vacation notice answers it
  header("Content-Language", on_one_line(letter.language));
  header("MIME-Version", "1.0");
  header("Content-Type", "text/plain; charset=utf-8");
  header("Content-Transfer-Encoding", "quoted-printable");
  out += "\r\n";
  out += quoted_printable(letter.body);
  return out;
}

}  // namespace postern::act::mail
