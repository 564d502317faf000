// SPDX-License-Identifier: Apache-2.0
// The mail servers of the generated world, read off the seed and never stored: a domain's MX hosts, who is dead, what
// is out of order now. Few mailbox providers have most of the mail, many domains share hosters, some run their own; a
// domain in forty has no server that answers any more. Figures: README.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/time.h"
#include "rehearse/population/chance.h"

namespace postern::rehearse {

// Nothing answers in it: everybody's (`provider` < 0), or one mailbox provider's networks.
struct Outage {
  Time begin;
  Time end;
  int32_t provider = -1;
};

class World {
 public:
  static constexpr uint64_t kDomains = 1'000'000;
  static constexpr uint32_t kProviders = 12;
  static constexpr uint32_t kHosters = 3'000;

  World(uint64_t seed, std::vector<Outage> outages) : seed_(seed), outages_(std::move(outages)) {}

  // Domains people write to: few are popular (Zipf); and a spammer's list: any, and worn.
  [[nodiscard]] uint64_t domain(Chance& chance) const;
  [[nodiscard]] uint64_t listed_domain(Chance& chance) const;

  [[nodiscard]] bool exists(uint64_t domain) const;  // else NXDOMAIN
  [[nodiscard]] uint32_t mx_count(uint64_t domain) const;
  [[nodiscard]] IpAddress mx(uint64_t domain, uint32_t n) const;
  [[nodiscard]] std::string name(uint64_t domain) const;
  [[nodiscard]] std::string mx_name(uint64_t domain, uint32_t n) const;
  // Submission: of a big provider (its name has several networks, and the answer of the DNS changes), or of a hoster.
  [[nodiscard]] IpAddress provider_submission(uint32_t provider, uint64_t pick) const;
  [[nodiscard]] IpAddress hoster_submission(uint32_t hoster) const;
  // A host that is no mail server.
  [[nodiscard]] IpAddress anybody(Chance& chance) const;

  [[nodiscard]] bool answers(const IpAddress& server, Time at) const;
  [[nodiscard]] bool dead(uint64_t domain) const;

 private:
  [[nodiscard]] uint64_t mark(uint64_t what, uint64_t of) const { return mark_of(seed_ + what, of); }

  uint64_t seed_;
  std::vector<Outage> outages_;
};

}  // namespace postern::rehearse
