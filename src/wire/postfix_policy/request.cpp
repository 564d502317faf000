// SPDX-License-Identifier: Apache-2.0
#include "wire/postfix_policy/request.h"

#include <array>
#include <charconv>
#include <fmt/format.h>

namespace postern::wire {
namespace {

constexpr std::string_view kEnd = "\n\n";
constexpr std::string_view kRequestKind = "smtpd_access_policy";

PolicyState state_of(std::string_view name) {
  using enum PolicyState;
  struct Named {
    std::string_view name;
    PolicyState state;
  };
  static constexpr std::array<Named, 9> kStates{{{"RCPT", rcpt},
                                                 {"END-OF-MESSAGE", end_of_message},
                                                 {"DATA", data},
                                                 {"MAIL", mail},
                                                 {"CONNECT", connect},
                                                 {"EHLO", ehlo},
                                                 {"HELO", helo},
                                                 {"VRFY", vrfy},
                                                 {"ETRN", etrn}}};
  for (const Named& n : kStates)
    if (n.name == name) return n.state;
  return other;
}

template <class N>
Status number(std::string_view name, std::string_view text, N& out) {
  if (text.empty()) return {};
  N value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return fail(Errc::bad_input, fmt::format("policy request: {} is no number, or too large", name));
  out = value;
  return {};
}

// An address with a scope ("fe80::1%eth0") or "unknown" belongs to nobody we know: none, and the request goes on.
IpAddress address_of(std::string_view text) { return parse_ip(text).value_or(IpAddress{}); }

// "unknown" where Postfix has no client of its own to ask.
uint16_t port_of(std::string_view text) {
  uint16_t port = 0;
  return number("client_port", text, port) ? port : uint16_t{0};
}

// Which attributes were there: of one that is sent twice the first counts, also when it was empty.
enum Seen : uint32_t { kRequest, kState, kClient, kPort, kCount, kSize, kClientPort, kTexts };

struct Text {
  std::string_view name;
  std::string_view PolicyRequest::* value;
};
constexpr std::array<Text, 8> kTextAttributes{{{"instance", &PolicyRequest::instance},
                                               {"queue_id", &PolicyRequest::queue_id},
                                               {"sender", &PolicyRequest::sender},
                                               {"recipient", &PolicyRequest::recipient},
                                               {"sasl_method", &PolicyRequest::sasl_method},
                                               {"sasl_username", &PolicyRequest::sasl_username},
                                               {"encryption_protocol", &PolicyRequest::encryption_protocol},
                                               {"policy_context", &PolicyRequest::policy_context}}};

class Parser {
 public:
  Status see(std::string_view name, std::string_view value) {
    for (size_t i = 0; i < kTextAttributes.size(); ++i) {
      if (kTextAttributes[i].name != name) continue;
      if (first(kTexts + static_cast<uint32_t>(i))) request_.*kTextAttributes[i].value = value;
      return {};
    }
    if (name == "client_address" && first(kClient)) request_.client = address_of(value);
    if (name == "client_port" && first(kClientPort)) request_.client_port = port_of(value);
    if (name == "recipient_count") return first(kCount) ? number(name, value, request_.recipient_count) : Status{};
    if (name == "size") return first(kSize) ? number(name, value, request_.size) : Status{};
    if (name == "server_port") return first(kPort) ? number(name, value, request_.server_port) : Status{};
    if (name == "protocol_state" && first(kState)) request_.state = state_of(value);
    if (name == "request" && first(kRequest) && value != kRequestKind)
      return fail(Errc::bad_input, "policy request: request is not smtpd_access_policy");
    return {};
  }
  [[nodiscard]] Result<PolicyRequest> done() const {
    if ((seen_ & 1U << kRequest) == 0) return fail(Errc::bad_input, "policy request: attribute request is missing");
    return request_;
  }

 private:
  bool first(uint32_t attribute) {
    const uint32_t bit = 1U << attribute;
    const bool is_first = (seen_ & bit) == 0;
    seen_ |= bit;
    return is_first;
  }

  PolicyRequest request_;
  uint32_t seen_ = 0;
};

// `lines`: without the empty one; each ends with a newline.
Result<PolicyRequest> parse(std::string_view lines) {
  if (lines.contains('\0')) return fail(Errc::bad_input, "policy request: NUL in an attribute");
  Parser parser;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(line.size() + 1);
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return fail(Errc::bad_input, "policy request: a line is not name=value");
    PN_TRY_VOID(parser.see(line.substr(0, equals), line.substr(equals + 1)));
  }
  return parser.done();
}

void append_action(std::string& out, std::string_view verb) {
  out += "action=";
  out += verb;
}

}  // namespace

Result<std::optional<PolicyRequest>> PolicyReader::take(std::string_view& bytes) {
  if (bytes.starts_with('\n')) return fail(Errc::bad_input, "policy request: empty");
  const std::string_view window = bytes.substr(0, kPolicyRequestOctetsMax);
  const size_t end = window.find(kEnd, searched_);
  if (end == std::string_view::npos) {
    if (window.size() == kPolicyRequestOctetsMax)
      return fail(Errc::limit, fmt::format("policy request: no end within {} octets", kPolicyRequestOctetsMax));
    searched_ = window.empty() ? 0 : window.size() - 1;
    return std::nullopt;
  }
  searched_ = 0;
  const std::string_view lines = bytes.substr(0, end + 1);
  bytes.remove_prefix(end + kEnd.size());
  return PN_TRY(parse(lines));
}

void append_policy_dunno(std::string& out) {
  append_action(out, "DUNNO");
  out += kEnd;
}

void append_policy_reply(std::string& out, const SmtpReply& reply) {
  append_action(out, {});
  append_smtp_reply(out, reply);
  out += kEnd;
}

void append_policy_hold(std::string& out, std::string_view reason) {
  append_action(out, "HOLD ");
  append_printable(out, reason);
  out += kEnd;
}

}  // namespace postern::wire
