// SPDX-License-Identifier: Apache-2.0
// Beat: the proof that decoys are reached by the path that lines take. One socket a decoy, made in a network namespace
// that stands where a line stands; three times a beat (round()) it connects to the decoy anew. The port it goes out by
// is the nonce: the decoy must see just this address and port arrive. Told apart: nobody answers; it is refused;
// somebody answers, but not the decoy (mis-routed). A probe is judged when the next one is sent: whatever happens to a
// decoy is told two rounds later at most, so within the beat with a third of it to spare. One thread.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/fields.h"
#include "base/time.h"
#include "sys/fd.h"

namespace postern::edge::decoy {

PN_ENUM(Life, not_yet, alive, dead)

struct Proof {
  Life life = Life::not_yet;
  Time proven;      // the last time a probe arrived
  Time since;       // of `life`
  std::string why;  // of dead
};

class Beat {
 public:
  using From = std::array<IpAddress, 2>;  // IPv4, IPv6
  // `sockets`: TCP, not bound, one of each decoy, in their order; `from`: addresses of the namespace they are of;
  // `now`: wall clock.
  Beat(std::vector<Endpoint> decoys, std::vector<sys::Fd> sockets, From from, std::function<Time()> now);
  Beat(const Beat&) = delete;
  Beat& operator=(const Beat&) = delete;

  // Judges the probes that are out and sends the next. The owner calls it at once, and then every period().
  void round();
  [[nodiscard]] static constexpr Duration period(Duration beat) { return {beat.us / 3}; }
  // True when this connection is a probe; its decoy is alive.
  [[nodiscard]] bool arrived(const Endpoint& decoy, const Endpoint& from);
  [[nodiscard]] const std::vector<Proof>& proofs() const { return proofs_; }

 private:
  struct Probe {
    sys::Fd socket;
    Endpoint from;  // that it goes out by; none while it cannot
    bool arrived = false;
    std::string failed;  // why no probe could be sent
  };

  void send(size_t decoy);
  void judge(size_t decoy);
  [[nodiscard]] static std::string why_not(const Probe& probe);

  std::vector<Endpoint> decoys_;
  From from_;
  std::vector<Probe> probes_;
  std::vector<Proof> proofs_;
  std::function<Time()> now_;
  bool sent_ = false;
};

}  // namespace postern::edge::decoy
