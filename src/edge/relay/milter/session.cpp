// SPDX-License-Identifier: Apache-2.0
#include "edge/relay/milter/session.h"

#include <algorithm>
#include <charconv>

namespace postern::edge::relay {
namespace {

using wire::MilterCommand;

constexpr size_t kAccountMax = 256;  // as much of a name as tells accounts apart (Meters::hash_lower)

// What of a message nobody here looks at. Without content, like all that is not asked for.
bool is_passed_over(MilterCommand command) {
  return command == MilterCommand::header || command == MilterCommand::body || command == MilterCommand::helo ||
         command == MilterCommand::unknown;
}

// The bit that says the server awaits no answer to it.
uint32_t unanswered(MilterCommand command) {
  switch (command) {
    case MilterCommand::connect:
      return wire::kMilterConnectUnanswered;
    case MilterCommand::helo:
      return wire::kMilterHeloUnanswered;
    case MilterCommand::mail:
      return wire::kMilterMailUnanswered;
    case MilterCommand::data:
      return wire::kMilterDataUnanswered;
    case MilterCommand::body:
      return wire::kMilterBodyUnanswered;
    default:
      return 0;
  }
}

uint16_t port_of(std::string_view text) {
  uint16_t port = 0;
  std::from_chars(text.data(), text.data() + text.size(), port);
  return port;
}

}  // namespace

Result<bool> MilterTalk::take(std::string_view& bytes, std::string& out, Time now) {
  for (;;) {
    if (is_passing_) {
      const auto part = static_cast<uint32_t>(std::min<size_t>(left_, bytes.size()));
      if (passing_ == MilterCommand::body) octets_ += part;
      left_ -= part;
      bytes.remove_prefix(part);
      if (left_ != 0) return true;
      is_passing_ = false;
      carry_on(passing_, out);
    }
    const auto head = PN_TRY(wire::milter_head(bytes));
    if (!head) return true;
    if (!negotiated_ && head->command != MilterCommand::negotiate)
      return fail(Errc::bad_input, "milter: a command before negotiate");
    if (is_passed_over(head->command)) {
      bytes.remove_prefix(wire::kMilterHeadOctets);
      is_passing_ = true;
      passing_ = head->command;
      left_ = head->content;
      continue;
    }
    if (head->content > kTalkOctetsMax - wire::kMilterHeadOctets)
      return fail(Errc::limit, "milter: a command longer than any is");
    const auto frame = PN_TRY(wire::take_milter_frame(bytes));
    if (!frame) return true;
    if (!PN_TRY(see(*frame, out, now))) return false;
  }
}

Result<bool> MilterTalk::see(const wire::MilterFrame& frame, std::string& out, Time now) {
  switch (frame.command) {
    case MilterCommand::negotiate:
      PN_TRY_VOID(negotiate(frame.content, out));
      return true;
    case MilterCommand::macros:
      PN_TRY_VOID(note_macros(frame.content));
      return true;
    case MilterCommand::connect: {
      const wire::MilterConnect connect = PN_TRY(wire::decode_milter_connect(frame.content));
      client_ = connect.client;
      client_port_ = connect.port;
      break;
    }
    case MilterCommand::mail:
      PN_TRY_VOID(begin(frame.content, now));
      break;
    case MilterCommand::rcpt:
      PN_TRY_VOID(recipient(frame.content, out, now));
      return true;
    case MilterCommand::data:
      if (message_.asked != 0) judge_.settle(message_, accepted_, now);
      break;
    case MilterCommand::eob:
      octets_ += frame.content.size();  // the last piece may come with it
      PN_TRY_VOID(end(out, now));
      return true;
    case MilterCommand::abort:
      abandon(now);
      return true;
    case MilterCommand::quit:
      abandon(now);
      return false;
    case MilterCommand::quit_next:  // another client on this connection
      abandon(now);
      client_ = {};
      client_port_ = 0;
      account_.clear();
      tls_ = false;
      return true;
    default:
      break;
  }
  carry_on(frame.command, out);
  return true;
}

Status MilterTalk::negotiate(std::string_view content, std::string& out) {
  if (negotiated_) return fail(Errc::bad_input, "milter: negotiate twice");
  const wire::MilterNegotiation offer = PN_TRY(wire::decode_milter_negotiation(content));
  const wire::MilterNegotiation agreed = wire::agreed(
      offer,
      {.version = wire::kMilterVersion,
       .actions = wire::kMilterMayNameMacros,
       .protocol = wire::kMilterNoHelo | wire::kMilterNoHeaders | wire::kMilterNoEoh | wire::kMilterNoUnknown |
                   wire::kMilterRejectedRcptToo | wire::kMilterConnectUnanswered | wire::kMilterMailUnanswered |
                   wire::kMilterDataUnanswered | (with_size_ ? wire::kMilterBodyUnanswered : wire::kMilterNoBody)});
  wire::append_milter_negotiation(out, agreed,
                                  {{MilterCommand::connect, "{daemon_port}"},
                                   {MilterCommand::mail, "{auth_authen} {tls_version}"},
                                   {MilterCommand::rcpt, "{rcpt_mailer}"}});
  protocol_ = agreed.protocol;
  negotiated_ = true;
  return {};
}

Status MilterTalk::note_macros(std::string_view content) {
  const wire::MilterMacros macros = PN_TRY(wire::decode_milter_macros(content));
  if (macros.of == MilterCommand::connect) port_ = port_of(macros.server_port);
  if (macros.of == MilterCommand::mail) {
    account_ = macros.sasl_username.substr(0, kAccountMax);
    tls_ = !macros.encryption_protocol.empty();
  }
  if (macros.of == MilterCommand::rcpt) refused_by_server_ = macros.rcpt_mailer == "error";
  return {};
}

Status MilterTalk::begin(std::string_view content, Time now) {
  const wire::MilterAddress sender = PN_TRY(wire::decode_milter_address(content));
  abandon(now);
  in_message_ = true;
  promised_ = sender.size.value_or(0);
  return {};
}

Status MilterTalk::recipient(std::string_view content, std::string& out, Time now) {
  if (!in_message_) return fail(Errc::bad_input, "milter: a recipient before MAIL");
  Ask question = ask();
  question.recipient = PN_TRY(wire::decode_milter_address(content)).address;
  ++stats_.requests;
  const Answer said = judge_.recipient(question, message_, now);
  if (!said.refused() && !refused_by_server_) ++accepted_;
  refused_by_server_ = false;
  answer(said, out, now);
  return {};
}

Status MilterTalk::end(std::string& out, Time now) {
  if (!in_message_) return fail(Errc::bad_input, "milter: an end before MAIL");
  ++stats_.requests;
  Answer said;  // of a message that is not metered: it passes
  if (message_.asked != 0) said = judge_.end(ask(), message_, now);
  answer(said, out, now);
  in_message_ = false;
  abandon(now);
  return {};
}

// Also before the first message and after the end of one, where nothing is left of it.
void MilterTalk::abandon(Time now) {
  if (message_.asked != 0 && !message_.data_seen) judge_.settle(message_, 0, now);
  message_ = Message{};
  in_message_ = false;
  promised_ = octets_ = 0;
  accepted_ = 0;
  refused_by_server_ = false;
}

void MilterTalk::answer(const Answer& answer, std::string& out, Time now) {
  if (!answer.refused()) return wire::append_milter_verdict(out, wire::MilterVerdict::carry_on);
  ++stats_.refused;
  const Reply reply = judge_.reply(answer, now);
  wire::append_milter_reply(out, {reply.code, reply.status, reply.text});
}

void MilterTalk::carry_on(MilterCommand command, std::string& out) const {
  if ((protocol_ & unanswered(command)) == 0) wire::append_milter_verdict(out, wire::MilterVerdict::carry_on);
}

Ask MilterTalk::ask() const {
  return {.client = client_,
          .client_port = client_port_,
          .port = port_,
          .account = account_,
          .tls = tls_,
          .recipient = {},
          .recipients = accepted_,
          .size = std::max(promised_, octets_),
          .message = {}};
}

}  // namespace postern::edge::relay
