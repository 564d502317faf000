// SPDX-License-Identifier: Apache-2.0
// What a real Postfix talks to in relay_wire_test.py: lab_filter_peer POLICY_SOCKET MILTER_SOCKET. Decides by the local
// part of a recipient (refuse, later, hold), prints a line per request and frame, and tells nobody's content.
#include <cstdio>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <optional>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "sys/loop.h"
#include "wire/milter/frame.h"
#include "wire/postfix_policy/request.h"

using namespace postern;
using namespace postern::wire;

namespace {

constexpr SmtpReply kRefused{.code = 550, .status = "5.7.1", .text = "100% refused here"};
constexpr SmtpReply kLater{.code = 450, .status = "4.7.1", .text = "over 50% of the limit, later"};

void say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

// Takes what it can off `unread` and appends what is to be sent; false: close.
using Talk = std::function<bool(std::string_view& unread, std::string& out)>;

bool talk_policy(PolicyReader& reader, std::string_view& unread, std::string& out) {
  for (;;) {
    const auto taken = reader.take(unread);
    if (!taken) return say("policy broken: " + taken.error().text()), false;
    if (!*taken) return true;
    const PolicyRequest& r = **taken;
    say(
        fmt::format("policy {} client={} port={} sender={} recipient={} count={} size={} user={} tls={} context={} "
                    "instance={}",
                    to_string(r.state), to_string(r.client), r.server_port, r.sender, r.recipient, r.recipient_count,
                    r.size, r.sasl_username, r.encryption_protocol, r.policy_context, r.instance));
    if (r.recipient.starts_with("refuse@")) {
      append_policy_reply(out, kRefused);
    } else if (r.recipient.starts_with("later@")) {
      append_policy_reply(out, kLater);
    } else if (r.recipient.starts_with("hold@")) {
      append_policy_hold(out, "case 7");
    } else {
      append_policy_dunno(out);
    }
  }
}

class MilterTalk {
 public:
  bool operator()(std::string_view& unread, std::string& out) {
    for (;;) {
      const auto taken = take_milter_frame(unread);
      if (!taken) return say("milter broken: " + taken.error().text()), false;
      if (!*taken) return true;
      const auto open = see(**taken, out);
      if (!open) return say("milter broken: " + open.error().text()), false;
      if (!*open) return false;
    }
  }

 private:
  Result<bool> see(const MilterFrame& f, std::string& out) {
    using enum MilterCommand;
    std::string line = fmt::format("milter {}", to_string(f.command));
    switch (f.command) {
      case negotiate:
        PN_TRY_VOID(greet(f, out));
        break;
      case macros:
        return note_macros(f);
      case connect: {
        const MilterConnect c = PN_TRY(decode_milter_connect(f.content));
        line += fmt::format(" client={}", to_string(c.client));
        append_milter_verdict(out, MilterVerdict::carry_on);
        break;
      }
      case mail:
      case rcpt: {
        const MilterAddress a = PN_TRY(decode_milter_address(f.content));
        line += fmt::format(" address={} user={} tls={} port={}", a.address, user_, tls_, port_);
        if (f.command == mail) held_ = false;
        answer(a.address, out);
        break;
      }
      case eob:
        if (held_) append_milter_quarantine(out, "case 7");
        append_milter_verdict(out, MilterVerdict::carry_on);
        break;
      case abort:
        break;
      case quit:
        say(line);
        return false;
      default:
        append_milter_verdict(out, MilterVerdict::carry_on);
    }
    say(line);
    return true;
  }

  static Status greet(const MilterFrame& f, std::string& out) {
    const MilterNegotiation offer = PN_TRY(decode_milter_negotiation(f.content));
    const MilterNegotiation answer =
        agreed(offer, {.version = kMilterVersion,
                       .actions = kMilterMayQuarantine | kMilterMayNameMacros,
                       .protocol = kMilterNoHelo | kMilterNoBody | kMilterNoHeaders | kMilterNoEoh | kMilterNoUnknown});
    append_milter_negotiation(out, answer,
                              {{MilterCommand::connect, "{daemon_port}"},
                               {MilterCommand::mail, "{auth_type} {auth_authen} {tls_version}"},
                               {MilterCommand::eob, "i"}});
    return {};
  }

  Result<bool> note_macros(const MilterFrame& f) {
    const MilterMacros m = PN_TRY(decode_milter_macros(f.content));
    if (m.of == MilterCommand::connect) port_ = m.server_port;
    if (m.of == MilterCommand::mail) user_ = m.sasl_username;
    if (m.of == MilterCommand::mail) tls_ = m.encryption_protocol;
    if (m.of == MilterCommand::eob) say(fmt::format("milter queued {}", m.queue_id.empty() ? "nowhere" : "somewhere"));
    return true;
  }

  void answer(std::string_view address, std::string& out) {
    if (address.starts_with("refuse@")) return append_milter_reply(out, kRefused);
    if (address.starts_with("later@")) return append_milter_reply(out, kLater);
    held_ = held_ || address.starts_with("hold@");
    append_milter_verdict(out, MilterVerdict::carry_on);
  }

  std::string user_;
  std::string tls_;
  std::string port_;
  bool held_ = false;
};

class Server {
 public:
  Server(sys::Loop& loop, const char* path, std::function<Talk()> talk) : loop_(loop), talk_(std::move(talk)) {
    auto fd = sys::listen_unix(path, 0666);
    PN_CHECK(fd);
    listener_ = std::move(*fd);
    loop_.watch(listener_.get(), EPOLLIN, [this](uint32_t) { accept_one(); });
  }

 private:
  struct Peer {
    sys::Fd fd;
    Talk talk;
    std::string unread;
  };

  void accept_one() {
    sys::Fd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) return;
    const int number = fd.get();
    peers_[number] = {.fd = std::move(fd), .talk = talk_(), .unread = {}};
    loop_.watch(number, EPOLLIN, [this, number](uint32_t) {
      if (serve(peers_[number])) return;
      loop_.forget(number);
      peers_.erase(number);
    });
  }

  static bool serve(Peer& peer) {
    char buffer[4096];
    const ssize_t got = read(peer.fd.get(), buffer, sizeof buffer);
    if (got <= 0) return false;
    peer.unread.append(buffer, static_cast<size_t>(got));
    std::string_view left = peer.unread;
    std::string out;
    const bool open = peer.talk(left, out);
    peer.unread.erase(0, peer.unread.size() - left.size());
    const bool sent =
        out.empty() || send(peer.fd.get(), out.data(), out.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(out.size());
    return open && sent;
  }

  sys::Loop& loop_;
  std::function<Talk()> talk_;
  sys::Fd listener_;
  std::map<int, Peer> peers_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: lab_filter_peer POLICY_SOCKET MILTER_SOCKET\n", stderr), 64;
  sys::Loop loop;
  const Server policy(loop, argv[1], [] {
    return [reader = PolicyReader()](std::string_view& unread, std::string& out) mutable {
      return talk_policy(reader, unread, out);
    };
  });
  const Server milter(loop, argv[2], [] { return MilterTalk(); });
  say("ready");
  loop.run();
}
