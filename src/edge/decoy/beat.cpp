// SPDX-License-Identifier: Apache-2.0
#include "edge/decoy/beat.h"

#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "sys/address/kernel_address.h"
#include "sys/log.h"

namespace postern::edge::decoy {
namespace {

constexpr std::string_view kRoom = "decoy";

// From `from`, by a port of the kernel's choice that is another each time. An error in words, or none.
std::string connect_anew(int fd, const IpAddress& from, const Endpoint& to) {
  const sys::KernelAddress mine = sys::kernel_form({from, 0});
  const sys::KernelAddress its = sys::kernel_form(to);
  if (::bind(fd, mine.get(), mine.size) != 0) return fail_errno("bind " + to_string(from)).error().text();
  if (::connect(fd, its.get(), its.size) == 0 || errno == EINPROGRESS) return {};
  return fail_errno("connect to " + to_string(to)).error().text();
}

// The socket can connect again after this; what it was connected to is reset.
void let_go(int fd) {
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  // Of no use to know: the next connect fails if this did.
  [[maybe_unused]] const int done = ::connect(fd, &nowhere, sizeof nowhere);
}

}  // namespace

Beat::Beat(std::vector<Endpoint> decoys, std::vector<sys::Fd> sockets, From from, std::function<Time()> now)
    : decoys_(std::move(decoys)), from_(from), proofs_(decoys_.size()), now_(std::move(now)) {
  for (sys::Fd& socket : sockets) probes_.push_back({std::move(socket), {}, false, {}});
}

void Beat::round() {
  for (size_t i = 0; i < probes_.size(); ++i) {
    if (sent_) judge(i);
    send(i);
  }
  sent_ = true;
}

void Beat::send(size_t decoy) {
  Probe& p = probes_[decoy];
  p.arrived = false;
  p.from = {};
  p.failed.clear();
  let_go(p.socket.get());
  p.failed = connect_anew(p.socket.get(), from_[decoys_[decoy].address.family == Family::v4 ? 0 : 1], decoys_[decoy]);
  if (p.failed.empty()) p.from = sys::local_of(p.socket.get());
}

bool Beat::arrived(const Endpoint& decoy, const Endpoint& from) {
  for (size_t i = 0; i < probes_.size(); ++i) {
    if (decoys_[i] != decoy || !probes_[i].from.address || probes_[i].from != from) continue;
    probes_[i].arrived = true;
    Proof& proof = proofs_[i];
    const Time now = now_();
    if (proof.life == Life::dead)
      sys::log(sys::Level::info, kRoom, "DECOY_ALIVE", "a probe reaches the decoy again",
               {{"decoy", to_string(decoy)}});
    if (proof.life != Life::alive) proof.since = now;
    proof.life = Life::alive;
    proof.proven = now;
    proof.why.clear();
    return true;
  }
  return false;
}

void Beat::judge(size_t decoy) {
  const Probe& p = probes_[decoy];
  if (p.arrived) return;
  Proof& proof = proofs_[decoy];
  proof.why = why_not(p);
  if (proof.life == Life::dead) return;
  proof.life = Life::dead;
  proof.since = now_();
  sys::log(sys::Level::error, kRoom, "DECOY_DEAD", "a probe does not reach the decoy: " + proof.why,
           {{"decoy", to_string(decoys_[decoy])}});
}

std::string Beat::why_not(const Probe& probe) {
  if (!probe.failed.empty()) return "no probe can be sent: " + probe.failed;
  int error = 0;
  socklen_t size = sizeof error;
  (void)::getsockopt(probe.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error == ECONNREFUSED) return "refused";
  if (error == ECONNRESET) return "mis-routed: another host answers, and resets";
  if (error != 0) return std::strerror(error);  // NOLINT(concurrency-mt-unsafe)
  tcp_info info{};
  size = sizeof info;
  const bool known = ::getsockopt(probe.socket.get(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
  if (known && (info.tcpi_state == TCP_ESTABLISHED || info.tcpi_state == TCP_CLOSE_WAIT))
    return "mis-routed: another host answers";
  return "nobody answers";
}

}  // namespace postern::edge::decoy
