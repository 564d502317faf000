// SPDX-License-Identifier: Apache-2.0
#include "bench/relay/load.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <random>
#include <span>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <vector>

#include "sys/clock.h"
#include "sys/fd.h"

namespace postern::bench {
namespace {

constexpr uint32_t kLines = 65'536;
// The questions of one message.
std::span<const char* const> states_of(Questions questions) {
  static constexpr std::array kMessage{"RCPT", "RCPT", "DATA", "END-OF-MESSAGE"};
  static constexpr std::array kRecipient{"RCPT"};
  if (questions == Questions::recipients) return kRecipient;
  return kMessage;
}

struct Client {
  sys::Fd fd;
  int64_t asked_us = 0;
  uint32_t step = 0;
  uint32_t who = 0;
  uint64_t message = 0;
  bool by_account = false;
};

int64_t now_us() { return sys::monotonic().us; }

// By appending alone: what the load spends on its questions, the servers beside it on the other processor wait for.
class Text {
 public:
  void clear() { size_ = 0; }
  Text& add(std::string_view text) {
    text.copy(&octets_[size_], text.size());
    size_ += text.size();
    return *this;
  }
  Text& add(uint64_t number, int base = 10) {
    size_ = static_cast<size_t>(std::to_chars(&octets_[size_], octets_.end(), number, base).ptr - octets_.data());
    return *this;
  }
  [[nodiscard]] std::string_view view() const { return {octets_.data(), size_}; }

 private:
  std::array<char, 2'048> octets_;  // a question has some 700
  size_t size_ = 0;
};

void write_request(Text& out, const Client& c, std::string_view state) {
  const bool recipient = state == "RCPT";
  const uint32_t from = c.by_account ? 0xc633'6407 : 0x0a40'0000 + c.who % kLines;
  out.add("request=smtpd_access_policy\nprotocol_state=").add(state).add("\nprotocol_name=ESMTP\nclient_address=");
  out.add(from >> 24).add(".").add(from >> 16 & 255U).add(".").add(from >> 8 & 255U).add(".").add(from & 255U);
  out.add(
         "\nclient_name=unknown\nclient_port=51234\nreverse_client_name=unknown\nserver_address=203.0.113.25\n"
         "server_port=587\nhelo_name=client.example\nsender=user")
      .add(c.who)
      .add("@isp.example\nrecipient=");
  if (recipient) out.add("friend").add(c.step).add("@d").add(c.message % 50).add(".example");
  out.add("\nrecipient_count=").add(recipient ? "0" : "2");
  out.add("\nqueue_id=").add(recipient && c.step == 0 ? "" : "4Sf1kX2Zz1z1").add("\ninstance=");
  out.add(c.message, 16).add(".").add(c.who, 16).add(".64f1.0\nsize=4321\netrn_domain=\nstress=\nsasl_method=");
  if (c.by_account) out.add("PLAIN");
  out.add("\nsasl_username=");
  if (c.by_account) out.add("user").add(c.who).add("@isp.example");
  out.add(
      "\nsasl_sender=\nccert_subject=\nccert_issuer=\nccert_fingerprint=\nccert_pubkey_fingerprint=\n"
      "encryption_protocol=TLSv1.3\nencryption_cipher=TLS_AES_256_GCM_SHA384\nencryption_keysize=256\n"
      "policy_context=\n\n");
}

Result<sys::Fd> dial(const std::string& path) {
  sys::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un a{};
  a.sun_family = AF_UNIX;
  path.copy(a.sun_path, sizeof a.sun_path - 1);
  if (!fd || ::connect(fd.get(), reinterpret_cast<sockaddr*>(&a), sizeof a) != 0) return fail_errno("connect " + path);
  return fd;
}

}  // namespace

Result<Load> ask(const std::string& path, uint32_t connections, uint32_t requests, uint32_t accounts, uint32_t seed,
                 Questions questions) {
  const auto states = states_of(questions);
  std::mt19937 random(seed);
  uint64_t messages = uint64_t{seed} << 32;
  std::vector<Client> clients(connections);
  std::vector<double> times;
  times.reserve(requests);
  const sys::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  Text buffer;
  const auto send = [&](Client& c) -> Status {
    if (c.step == 0) {
      c.who = static_cast<uint32_t>(random()) % accounts;
      c.by_account = ++messages % 2 == 0;
      c.message = messages;
    }
    buffer.clear();
    write_request(buffer, c, states[c.step]);
    c.asked_us = now_us();
    const std::string_view question = buffer.view();
    if (::send(c.fd.get(), question.data(), question.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(question.size()))
      return fail_errno("ask");
    return {};
  };
  for (size_t i = 0; i < clients.size(); ++i) {
    clients[i].fd = PN_TRY(dial(path));
    epoll_event e{.events = EPOLLIN, .data = {.u64 = i}};
    ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, clients[i].fd.get(), &e);
  }
  const int64_t begin = now_us();
  uint32_t asked = 0;
  for (Client& c : clients)
    if (asked++ < requests) PN_TRY_VOID(send(c));
  std::array<epoll_event, 256> events;
  std::array<char, 512> answer;
  while (times.size() < requests) {
    const int n = ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), 10'000);
    if (n <= 0) return fail(Errc::unavailable, "no answer within 10 s");
    for (int i = 0; i < n && times.size() < requests; ++i) {
      Client& c = clients[events[static_cast<size_t>(i)].data.u64];
      const ssize_t got = ::recv(c.fd.get(), answer.data(), answer.size(), 0);
      const std::string_view said(answer.data(), static_cast<size_t>(std::max<ssize_t>(got, 0)));
      if (said != "action=DUNNO\n\n" && said != "action=dunno\n\n")
        return fail(Errc::bad_input, fmt::format("answered \"{}\"", said));
      times.push_back(static_cast<double>(now_us() - c.asked_us));
      c.step = (c.step + 1) % static_cast<uint32_t>(states.size());
      // Nobody is left before the answer: policyd-rate-limit ends itself over a connection that is gone.
      if (asked++ < requests) PN_TRY_VOID(send(c));
    }
  }
  const double took = static_cast<double>(now_us() - begin);
  std::ranges::sort(times);
  const auto at = [&](double part) { return times[static_cast<size_t>(part * static_cast<double>(times.size() - 1))]; };
  return Load{static_cast<double>(requests) * 1e6 / took, at(0.5), at(0.99), at(0.999)};
}

}  // namespace postern::bench
