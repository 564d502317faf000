// SPDX-License-Identifier: Apache-2.0
// Whom NATs gave outside addresses and ports, by what they logged (RFC 8158, or a line of text each): a session, a
// binding or a block of ports, from when to when. The other half of fold/outside, where the NAT works by formula.
//
// A range that is given again ended then, whether that was logged or not. What was taken back is remembered for kKept.
// A session to one destination says nothing of another to the same port, and is believed for kSessionMost unless its
// end was told: a lost line may have said that. Two answers within `reach` of the time asked about are none: which
// clock was right is not known. Logs come over UDP: where something of an exporter was lost, what it gave before says
// nothing of later times, until it is given anew. Bounded: `blocks_max` ranges, ended ones included, of which the
// oldest gives way, and kLossesMax losses of each of kExportersMax exporters. Pure; times come with each call.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/endpoint.h"
#include "base/ip.h"
#include "base/time.h"
#include "model/nat.h"

namespace postern::fold {

// Where what is asked about went, as far as it is known. Without addresses, or a port: to any.
struct To {
  std::span<const Prefix> addresses;
  uint16_t port = 0;
  [[nodiscard]] bool may_be(const Endpoint& e) const;
};

class NatLog {
 public:
  static constexpr Duration kKept = hours(24);
  static constexpr Duration kSessionMost = hours(2);
  static constexpr size_t kExportersMax = 256;
  static constexpr size_t kLossesMax = 1'024;

  NatLog() = default;
  // `logged`: outside addresses of NATs that log. Of others nothing is taken, and nothing is said.
  NatLog(std::vector<Prefix> logged, size_t blocks_max) : logged_(std::move(logged)), blocks_max_(blocks_max) {}

  // False: not an outside address of these NATs, or one exporter too many.
  bool see(const model::NatBlock& block);
  void lost(const model::NatLoss& loss);
  void forget_before(Time now);  // ended kKept before

  [[nodiscard]] bool is_logged(const IpAddress& outside) const;
  // Who is behind it, or nobody that is known. `protocol`: IANA.
  [[nodiscard]] IpAddress behind(uint8_t protocol, const IpAddress& outside, uint16_t port, Time at,
                                 Duration reach = {}, const To& to = {}) const;
  // All that is known, to be seen again elsewhere.
  [[nodiscard]] std::vector<model::NatBlock> all_blocks() const;
  [[nodiscard]] std::vector<model::NatLoss> all_losses() const;
  [[nodiscard]] size_t blocks() const { return blocks_; }
  [[nodiscard]] uint64_t evicted() const { return evicted_; }

 private:
  struct Range {
    uint16_t first = 0;
    uint16_t last = 0;
    uint8_t protocol = 0;  // 0 = all
    IpAddress inside;
    Time since;
    Time until;  // 0 = live
    IpAddress exporter;
    Endpoint to;  // none: whatever uses these ports
    uint64_t number = 0;
    [[nodiscard]] Time over() const;  // 0 = it lasts
  };
  struct Place {
    IpAddress outside;
    uint16_t first = 0;
    uint64_t number = 0;
  };
  using Ranges = std::multimap<uint16_t, Range>;  // of one address, by first port

  template <class Ranges_, class See>
  void each(Ranges_& ranges, uint16_t first, uint16_t last, const See& see) const;
  void end(Ranges& ranges, const model::NatBlock& block, bool whoever);
  void drop_oldest();
  [[nodiscard]] bool trusted(const Range& range, Time at) const;

  std::vector<Prefix> logged_;
  size_t blocks_max_ = 0;
  std::unordered_map<IpAddress, Ranges> by_outside_;
  std::deque<Place> order_;  // as given, oldest first
  std::map<IpAddress, std::deque<model::NatLoss>> losses_;
  uint32_t widest_ = 1;  // ports
  size_t blocks_ = 0;
  uint64_t evicted_ = 0;
  uint64_t next_ = 1;
};

}  // namespace postern::fold
