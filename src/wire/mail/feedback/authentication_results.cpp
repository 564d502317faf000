// SPDX-License-Identifier: Apache-2.0
#include "wire/mail/feedback/authentication_results.h"

#include <algorithm>

#include "wire/mail/feedback/header.h"

namespace postern::wire {
namespace {

constexpr size_t kValueMax = 255;

bool is_space(char c) { return c == ' ' || c == '\t'; }

// Words and signs, comments and white space left out (RFC 5322 CFWS).
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) { skip(); }

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool ok() const { return ok_; }

  bool take(char sign) {
    if (rest_.empty() || rest_.front() != sign) return false;
    rest_.remove_prefix(1);
    skip();
    return true;
  }

  // A token or a quoted string, and for a property's value an address with either as its local part.
  std::string value(std::string_view stops) {
    std::string out;
    while (!rest_.empty() && !is_space(rest_.front()) && rest_.front() != '(' &&
           stops.find(rest_.front()) == std::string_view::npos) {
      if (rest_.front() == '"') {
        quoted(out);
      } else {
        out += rest_.front();
        rest_.remove_prefix(1);
      }
    }
    ok_ = ok_ && !out.empty() && out.size() <= kValueMax;
    skip();
    return out;
  }

 private:
  void quoted(std::string& out) {
    size_t n = 1;
    for (; n < rest_.size() && rest_[n] != '"'; ++n) {
      if (rest_[n] == '\\') ++n;
      if (n == rest_.size()) break;
      out += rest_[n];
    }
    ok_ = ok_ && n < rest_.size();
    rest_.remove_prefix(std::min(n + 1, rest_.size()));
  }

  void skip() {
    while (!rest_.empty() && (is_space(rest_.front()) || rest_.front() == '(')) {
      if (is_space(rest_.front())) {
        rest_.remove_prefix(1);
      } else {
        comment();
      }
    }
  }

  void comment() {
    const size_t octets = comment_octets(rest_);
    ok_ = ok_ && octets != std::string_view::npos;
    rest_.remove_prefix(std::min(octets, rest_.size()));
  }

  std::string_view rest_;
  bool ok_ = true;
};

std::string domain_of(std::string_view value) {
  const size_t at = value.rfind('@');
  return lower_case(at == std::string_view::npos ? value : value.substr(at + 1));
}

// "dkim=pass reason=".." header.d=x header.i=@x"
bool method(Reader& in, MethodResult& out) {
  out.method = lower_case(in.value("=;/"));
  if (in.take('/')) (void)in.value("=;");
  if (!in.take('=')) return false;
  out.result = lower_case(in.value(";"));
  while (in.ok() && !in.at_end()) {
    if (in.take(';')) return in.ok();
    const std::string name = lower_case(in.value("=;"));
    if (!in.take('=')) return false;
    std::string said = in.value(";");
    if (name == "reason" || name == "action") continue;
    if (out.properties.size() >= AuthenticationResults::kPropertiesMax) return false;
    out.properties.emplace_back(name, std::move(said));
  }
  return in.ok();
}

}  // namespace

std::optional<AuthenticationResults> read_authentication_results(std::string_view value) {
  Reader in(value);
  AuthenticationResults out;
  out.authserv_id = lower_case(in.value(";"));
  if (!in.ok()) return std::nullopt;
  if (!in.at_end() && !in.take(';')) {
    if (in.value(";") != "1" || (!in.at_end() && !in.take(';'))) return std::nullopt;
  }
  while (!in.at_end()) {
    if (in.take(';')) continue;  // some write one at the end
    if (out.methods.size() >= AuthenticationResults::kMethodsMax) return std::nullopt;
    MethodResult one;
    // "none" alone: nothing was checked.
    Reader ahead = in;
    if (lower_case(ahead.value(";")) == "none" && ahead.at_end()) return out;
    if (!method(in, one)) return std::nullopt;
    out.methods.push_back(std::move(one));
  }
  if (!in.ok()) return std::nullopt;
  return out;
}

std::vector<std::string> proven_domains(const AuthenticationResults& results) {
  std::vector<std::string> out;
  for (const MethodResult& m : results.methods) {
    if (m.result != "pass") continue;
    for (const auto& [name, value] : m.properties) {
      const bool dkim = m.method == "dkim" && name == "header.d";
      const bool spf = m.method == "spf" && name == "smtp.mailfrom";
      if (dkim || spf) out.push_back(domain_of(value));
    }
  }
  return out;
}

}  // namespace postern::wire
