// SPDX-License-Identifier: Apache-2.0
#include "wire/mail/feedback/received.h"

#include "wire/mail/feedback/header.h"
#include "wire/mail/feedback/mail_date.h"

namespace postern::wire {
namespace {

constexpr std::string_view kSignedIn = "Authenticated sender: ";
constexpr size_t kWordMax = 255;

enum class Clause : uint8_t { none, from, by, id, other };

// "name [192.0.2.1]", "unknown [IPv6:2001:db8::1]".
IpAddress address_in(std::string_view comment) {
  const size_t open = comment.rfind('[');
  const size_t close = open == std::string_view::npos ? open : comment.find(']', open);
  if (close == std::string_view::npos) return {};
  std::string_view inside = comment.substr(open + 1, close - open - 1);
  if (lower_case(inside.substr(0, 5)) == "ipv6:") inside.remove_prefix(5);
  const auto address = parse_ip(inside);
  return address ? *address : IpAddress{};
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  Received read() {
    while (!rest_.empty() && rest_.front() != ';') {
      if (rest_.front() == '(') {
        comment(take_comment());
      } else if (rest_.front() == ' ' || rest_.front() == '\t') {
        rest_.remove_prefix(1);
      } else {
        word(take_word());
      }
    }
    if (rest_.starts_with(';'))
      if (const auto at = read_mail_date(rest_.substr(1))) out_.at = *at;
    return std::move(out_);
  }

 private:
  std::string_view take_word() {
    const std::string_view out = rest_.substr(0, rest_.find_first_of(" \t(;", 1));
    rest_.remove_prefix(out.size());
    return out;
  }

  // Without the outer parentheses; one that does not end goes to the end.
  std::string_view take_comment() {
    const size_t octets = comment_octets(rest_);
    const bool ends = octets != std::string_view::npos;
    const std::string_view out = ends ? rest_.substr(1, octets - 2) : rest_.substr(1);
    rest_.remove_prefix(ends ? octets : rest_.size());
    return out;
  }

  void word(std::string_view w) {
    if (takes_name_) {
      takes_name_ = false;
      if (clause_ == Clause::by && out_.by.empty()) out_.by = lower_case(w.substr(0, kWordMax));
      if (clause_ == Clause::id && out_.id.empty()) out_.id = w.substr(0, kWordMax);
      return;
    }
    const std::string key = lower_case(w.substr(0, kWordMax));
    clause_ = key == "from" ? Clause::from : key == "by" ? Clause::by : key == "id" ? Clause::id : Clause::other;
    takes_name_ = true;
    comments_ = 0;
  }

  void comment(std::string_view text) {
    if (clause_ != Clause::from || !out_.by.empty()) return;
    if (++comments_ == 1) out_.from = address_in(text);
    if (text.starts_with(kSignedIn) && out_.account.empty())
      out_.account = trimmed(text.substr(kSignedIn.size(), kWordMax));
  }

  std::string_view rest_;
  Received out_;
  Clause clause_ = Clause::none;
  bool takes_name_ = false;
  int comments_ = 0;
};

}  // namespace

Received read_received(std::string_view value) { return Reader(value).read(); }

}  // namespace postern::wire
