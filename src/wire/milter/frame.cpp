// SPDX-License-Identifier: Apache-2.0
#include "wire/milter/frame.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

namespace postern::wire {
namespace {

constexpr size_t kLengthOctets = 4;
constexpr size_t kNegotiationOctets = 12;

// In the order of MilterCommand.
constexpr std::string_view kCommandLetters = "ODCHMRTLNBEAQKU";
static_assert(kCommandLetters.size() == pn_names_of_MilterCommand.size());

std::optional<MilterCommand> command_of(char letter) {
  const size_t at = kCommandLetters.find(letter);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<MilterCommand>(at);
}

// The stages of the list of macros (libmilter's SMFIM_*).
std::optional<uint32_t> macro_stage_of(MilterCommand command) {
  using enum MilterCommand;
  constexpr std::array kStages{connect, helo, mail, rcpt, data, eob, eoh};
  const auto* const found = std::ranges::find(kStages, command);
  if (found == kStages.end()) return std::nullopt;
  return static_cast<uint32_t>(found - kStages.begin());
}

uint32_t number(std::string_view octets) {
  uint32_t n = 0;
  for (const char c : octets) n = n << 8 | static_cast<uint8_t>(c);
  return n;
}

void append_number(std::string& out, uint32_t n) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(n >> shift & 0xff);
}

void append_frame(std::string& out, char letter, std::string_view content = {}) {
  append_number(out, static_cast<uint32_t>(1 + content.size()));
  out += letter;
  out += content;
}

std::unexpected<Error> broken(std::string_view what, std::string_view why) {
  return fail(Errc::bad_input, fmt::format("milter {}: {}", what, why));
}

Result<std::string_view> take_text(std::string_view& content, std::string_view what) {
  const size_t end = content.find('\0');
  if (end == std::string_view::npos) return broken(what, "a string without its NUL");
  const std::string_view text = content.substr(0, end);
  content.remove_prefix(end + 1);
  return text;
}

std::optional<uint64_t> size_of(std::string_view argument) {
  constexpr std::string_view kName = "SIZE=";
  const auto same_letter = [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 'a' + 'A' : a) == b; };
  if (!std::ranges::equal(argument.substr(0, kName.size()), kName, same_letter)) return std::nullopt;
  argument.remove_prefix(kName.size());
  uint64_t size = 0;
  const auto [end, error] = std::from_chars(argument.data(), argument.data() + argument.size(), size);
  if (error != std::errc() || end != argument.data() + argument.size()) return std::nullopt;
  return size;
}

struct Macro {
  std::string_view name;
  std::string_view MilterMacros::* value;
};
// Sendmail sends a name of one letter with or without its braces.
constexpr std::array<Macro, 7> kMacros{{{"i", &MilterMacros::queue_id},
                                        {"{i}", &MilterMacros::queue_id},
                                        {"{auth_type}", &MilterMacros::sasl_method},
                                        {"{auth_authen}", &MilterMacros::sasl_username},
                                        {"{tls_version}", &MilterMacros::encryption_protocol},
                                        {"{daemon_port}", &MilterMacros::server_port},
                                        {"{rcpt_mailer}", &MilterMacros::rcpt_mailer}}};

}  // namespace

Result<std::optional<MilterHead>> milter_head(std::string_view bytes) {
  if (bytes.size() < kLengthOctets) return std::nullopt;
  const uint32_t length = number(bytes.substr(0, kLengthOctets));
  if (length == 0) return broken("frame", "no command");
  if (length > kMilterFrameOctetsMax - kLengthOctets)
    return fail(Errc::limit, fmt::format("milter frame: {} octets, at most {}", length, kMilterFrameOctetsMax));
  if (bytes.size() == kLengthOctets) return std::nullopt;
  const auto command = command_of(bytes[kLengthOctets]);
  if (!command) return broken("frame", "a command that is none");
  return MilterHead{.command = *command, .content = length - 1};
}

Result<std::optional<MilterFrame>> take_milter_frame(std::string_view& bytes) {
  const std::optional<MilterHead> head = PN_TRY(milter_head(bytes));
  if (!head || bytes.size() - kMilterHeadOctets < head->content) return std::nullopt;
  const MilterFrame frame{.command = head->command, .content = bytes.substr(kMilterHeadOctets, head->content)};
  bytes.remove_prefix(kMilterHeadOctets + head->content);
  return frame;
}

Result<MilterNegotiation> decode_milter_negotiation(std::string_view content) {
  if (content.size() < kNegotiationOctets) return broken("negotiate", "too short");
  const MilterNegotiation offer{.version = number(content.substr(0, 4)),
                                .actions = number(content.substr(4, 4)),
                                .protocol = number(content.substr(8, 4))};
  if (offer.version < 2) return broken("negotiate", "a version before 2");
  return offer;
}

MilterNegotiation agreed(const MilterNegotiation& offer, const MilterNegotiation& wish) {
  return {.version = std::min(offer.version, wish.version),
          .actions = offer.actions & wish.actions,
          .protocol = offer.protocol & wish.protocol};
}

Result<MilterConnect> decode_milter_connect(std::string_view content) {
  MilterConnect out{.host = PN_TRY(take_text(content, "connect")), .client = {}, .port = 0};
  if (content.empty()) return broken("connect", "no family");
  const char family = content.front();
  content.remove_prefix(1);
  if (family == 'U') return out;  // unknown; nothing follows
  if (family != '4' && family != '6' && family != 'L') return broken("connect", "a family that is none");
  if (content.size() < 2) return broken("connect", "no port");
  const auto port = static_cast<uint16_t>(number(content.substr(0, 2)));
  content.remove_prefix(2);
  std::string_view address = PN_TRY(take_text(content, "connect"));
  if (family == 'L') return out;
  if (family == '6' && address.starts_with("IPv6:")) address.remove_prefix(5);  // Sendmail's form
  out.client = parse_ip(address).value_or(IpAddress{});
  if (out.client) out.port = port;
  return out;
}

Result<std::string_view> decode_milter_helo(std::string_view content) { return take_text(content, "helo"); }

Result<MilterAddress> decode_milter_address(std::string_view content) {
  MilterAddress out{.address = PN_TRY(take_text(content, "address")), .size = {}};
  if (out.address.starts_with('<') && out.address.ends_with('>') && out.address.size() >= 2)
    out.address = out.address.substr(1, out.address.size() - 2);
  while (!content.empty()) {
    const auto size = size_of(PN_TRY(take_text(content, "address")));
    if (size && !out.size) out.size = size;
  }
  return out;
}

Result<MilterMacros> decode_milter_macros(std::string_view content) {
  if (content.empty()) return broken("macros", "of no command");
  const auto of = command_of(content.front());
  if (!of) return broken("macros", "of a command that is none");
  content.remove_prefix(1);
  MilterMacros out{.of = *of};
  while (!content.empty()) {
    const std::string_view name = PN_TRY(take_text(content, "macros"));
    const std::string_view value = PN_TRY(take_text(content, "macros"));
    for (const Macro& m : kMacros)
      if (m.name == name) out.*m.value = value;
  }
  return out;
}

void append_milter_negotiation(std::string& out, const MilterNegotiation& answer,
                               std::initializer_list<MilterMacroWish> macros) {
  std::string content;
  append_number(content, answer.version);
  append_number(content, answer.actions);
  append_number(content, answer.protocol);
  if ((answer.actions & kMilterMayNameMacros) != 0) {
    for (const MilterMacroWish& wish : macros) {
      const auto stage = macro_stage_of(wish.of);
      PN_CHECK(stage);
      append_number(content, *stage);
      content += wish.names;
      content += '\0';
    }
  }
  append_frame(out, 'O', content);
}

void append_milter_verdict(std::string& out, MilterVerdict verdict) {
  append_frame(out, std::string_view("cart")[static_cast<size_t>(verdict)]);
}

void append_milter_reply(std::string& out, const SmtpReply& reply) {
  std::string line;
  append_smtp_reply(line, reply);
  std::string content;
  for (const char c : line) {
    content += c;
    if (c == '%') content += c;  // both servers take the line for a format
  }
  content += '\0';
  append_frame(out, 'y', content);
}

void append_milter_quarantine(std::string& out, std::string_view reason) {
  std::string content;
  append_printable(content, reason);
  content += '\0';
  append_frame(out, 'q', content);
}

}  // namespace postern::wire
