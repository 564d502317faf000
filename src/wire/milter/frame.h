// SPDX-License-Identifier: Apache-2.0
// The milter protocol, version 6, from the filter's side: frames off a stream, their content, and replies. There is no
// RFC; the specification is what Sendmail's libmilter and Postfix (MILTER_README) do. A frame is a length of four
// octets (network order; it counts the command), a command of one, content. Strings end with NUL. Pure; foreign bytes.
// Limits: kMilterFrameOctetsMax a frame. Headers and body pieces are frames like others, but nothing here looks into
// them: a filter that keeps no content asks not to be sent any (kMilterNoHeaders, kMilterNoBody) or passes it over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/fields.h"
#include "base/ip.h"
#include "base/result.h"
#include "wire/mail/smtp_reply.h"

namespace postern::wire {

// A body piece has at most 65535 octets; a header in Postfix 102400 (header_size_limit) and its name.
inline constexpr size_t kMilterFrameOctetsMax = size_t{128} * 1024;
inline constexpr uint32_t kMilterVersion = 6;

// eoh, eob: end of headers, of the message. quit_next: this connection of the client is over, another follows.
PN_ENUM(MilterCommand, negotiate, macros, connect, helo, mail, rcpt, data, header, eoh, body, eob, abort, quit,
        quit_next, unknown)

struct MilterFrame {
  MilterCommand command = MilterCommand::negotiate;
  std::string_view content;
};

// Takes frames off a stream however it is cut into reads; stateless, because a frame says its length.
// A frame is taken off `bytes` and points to where it was. nullopt: the frame is not at its end.
// Errc::limit: longer than a frame may be, said as soon as its length is known. Errc::bad_input: no command. After
// either the stream has no place to go on from: close it.
[[nodiscard]] Result<std::optional<MilterFrame>> take_milter_frame(std::string_view& bytes);

// The head of the frame that begins here, for whoever passes over content without keeping it: it takes
// kMilterHeadOctets, and `content` octets follow. nullopt: not all of it is there. Errors as above.
struct MilterHead {
  MilterCommand command = MilterCommand::negotiate;
  uint32_t content = 0;
};
inline constexpr size_t kMilterHeadOctets = 5;
[[nodiscard]] Result<std::optional<MilterHead>> milter_head(std::string_view bytes);

// Bits of MilterNegotiation::actions: what the filter may ask for.
inline constexpr uint32_t kMilterMayQuarantine = 1U << 5;
inline constexpr uint32_t kMilterMayNameMacros = 1U << 8;
// Bits of MilterNegotiation::protocol: what is not sent, and what is not answered.
inline constexpr uint32_t kMilterNoConnect = 1U << 0;
inline constexpr uint32_t kMilterNoHelo = 1U << 1;
inline constexpr uint32_t kMilterNoMail = 1U << 2;
inline constexpr uint32_t kMilterNoRcpt = 1U << 3;
inline constexpr uint32_t kMilterNoBody = 1U << 4;
inline constexpr uint32_t kMilterNoHeaders = 1U << 5;
inline constexpr uint32_t kMilterNoEoh = 1U << 6;
inline constexpr uint32_t kMilterNoUnknown = 1U << 8;
inline constexpr uint32_t kMilterNoData = 1U << 9;
inline constexpr uint32_t kMilterRejectedRcptToo = 1U << 11;
inline constexpr uint32_t kMilterConnectUnanswered = 1U << 12;
inline constexpr uint32_t kMilterHeloUnanswered = 1U << 13;
inline constexpr uint32_t kMilterMailUnanswered = 1U << 14;
inline constexpr uint32_t kMilterDataUnanswered = 1U << 16;
inline constexpr uint32_t kMilterBodyUnanswered = 1U << 19;

struct MilterNegotiation {
  uint32_t version = 0;
  uint32_t actions = 0;
  uint32_t protocol = 0;
  bool operator==(const MilterNegotiation&) const = default;
};
// Errc::bad_input also for versions before 2, which nothing speaks any more.
[[nodiscard]] Result<MilterNegotiation> decode_milter_negotiation(std::string_view content);
// What both sides can: never more than was offered, or Postfix and Sendmail give the filter up.
[[nodiscard]] MilterNegotiation agreed(const MilterNegotiation& offer, const MilterNegotiation& wish);

struct MilterConnect {
  std::string_view host;  // "[address]" or "unknown" when the server has no name for it
  IpAddress client;       // none: a local client, or an address the server does not know
  uint16_t port = 0;
};
[[nodiscard]] Result<MilterConnect> decode_milter_connect(std::string_view content);

[[nodiscard]] Result<std::string_view> decode_milter_helo(std::string_view content);

// MAIL or RCPT.
struct MilterAddress {
  std::string_view address;      // without its angle brackets; empty: the null sender
  std::optional<uint64_t> size;  // SIZE= of MAIL (RFC 1870 section 6), when it is a number
};
[[nodiscard]] Result<MilterAddress> decode_milter_address(std::string_view content);

// The macros Postern asks for, of those sent before a command; empty = not sent.
struct MilterMacros {
  MilterCommand of = MilterCommand::connect;
  std::string_view queue_id;             // i
  std::string_view sasl_method;          // {auth_type}
  std::string_view sasl_username;        // {auth_authen}
  std::string_view encryption_protocol;  // {tls_version}
  std::string_view server_port;          // {daemon_port}
  std::string_view rcpt_mailer;          // {rcpt_mailer}; "error": the server refuses this recipient itself
};
[[nodiscard]] Result<MilterMacros> decode_milter_macros(std::string_view content);

// The answer to negotiate. `macros`: what to send before a command, instead of what the server would choose; only
// servers that let the filter name them (the answer has kMilterMayNameMacros) are told. Connect, helo, mail, rcpt,
// data, eoh and eob have macros.
struct MilterMacroWish {
  MilterCommand of = MilterCommand::connect;
  std::string_view names;  // "i {auth_authen}"
};
void append_milter_negotiation(std::string& out, const MilterNegotiation& answer,
                               std::initializer_list<MilterMacroWish> macros = {});

// carry_on: the next command, please. accept: no more about this message (at connect and helo: this connection).
PN_ENUM(MilterVerdict, carry_on, accept, reject, tempfail)
void append_milter_verdict(std::string& out, MilterVerdict verdict);
// Refuses the command with a line of ours; a 421 also ends the connection.
void append_milter_reply(std::string& out, const SmtpReply& reply);
// Into the hold queue. Only at eob, and a verdict must follow.
void append_milter_quarantine(std::string& out, std::string_view reason);

}  // namespace postern::wire
