// SPDX-License-Identifier: Apache-2.0
#include "rehearse/population/world.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace postern::rehearse {
namespace {

// What a mark is of.
enum What : uint64_t { kHost, kMany, kDead, kGone, kSick, kOwn, kSecond };

constexpr double kAtProvider = .35;  // of domains; the rest share a hoster or run their own
constexpr double kAtHoster = .80;
constexpr double kDeadShare = .022;
constexpr double kGoneShare = .008;  // NXDOMAIN
constexpr double kSickShare = .015;  // of networks, in any hour
constexpr double kWorn = .25;        // of a spammer's list: beyond what is dead anyway

// Address space by what lives there: /8 of providers' submission and MX, hosters, own servers, dead ones.
constexpr uint32_t kHosterNet = 45U << 24;
constexpr uint32_t kOwnNet = 80U << 24;  // and 81, 82, 83
constexpr uint32_t kDeadNet = 120U << 24;
// Where the big ones really are, so that what ships as "submission of a big provider" (fold/) is met, each with the
// number of its /24s; the last four are big in one country and not shipped.
struct Big {
  uint32_t network;
  uint32_t networks;
};
constexpr std::array<Big, World::kProviders> kBig{{{0x4a7d0000, 8},
                                                   {0x28600000, 8},
                                                   {0x62880000, 4},
                                                   {0x11000000, 4},
                                                   {0xd4e30000, 3},
                                                   {0xd5a54000, 2},
                                                   {0xc2198600, 1},
                                                   {0x40e90000, 4},
                                                   {0x57f80000, 4},
                                                   {0x5b120000, 2},
                                                   {0x5f6c0000, 2},
                                                   {0x4d580000, 2}}};

uint32_t network24(uint32_t v4) { return v4 & 0xffffff00U; }

}  // namespace

// rank ~ 1/u spreads popularity as Zipf's law with exponent 1 does.
uint64_t World::domain(Chance& chance) const {
  const double u = chance.share();
  const double rank = std::exp(u * std::log(static_cast<double>(kDomains)));
  return std::min(static_cast<uint64_t>(rank), kDomains - 1);
}

uint64_t World::listed_domain(Chance& chance) const {
  const uint64_t d = chance.below(kDomains);
  if (!chance.happens(kWorn)) return d;
  return kDomains + d;  // one that was, and is not any more
}

bool World::dead(uint64_t domain) const { return domain >= kDomains || share_of(mark(kDead, domain)) < kDeadShare; }

bool World::exists(uint64_t domain) const {
  // Half of the worn ones still have an MX record that leads nowhere.
  if (domain >= kDomains) return share_of(mark(kGone, domain)) < .5;
  return share_of(mark(kGone, domain)) >= kGoneShare;
}

uint32_t World::mx_count(uint64_t domain) const {
  const double u = share_of(mark(kMany, domain));
  return u < .40 ? 1 : u < .75 ? 2 : u < .92 ? 3 : 4;
}

IpAddress World::mx(uint64_t domain, uint32_t n) const {
  if (dead(domain)) return IpAddress::v4(kDeadNet + static_cast<uint32_t>(mark(kDead, domain * 8 + n) & 0xffffff));
  const uint64_t host = mark(kHost, domain);
  const double u = share_of(host);
  // A second MX host is more often beside the first than elsewhere.
  const bool elsewhere = n != 0 && share_of(mark(kSecond, domain * 8 + n)) < .3;
  if (u < kAtProvider) {
    const Big& big = kBig[host % kProviders];
    return IpAddress::v4(big.network + (n % big.networks << 8) + 26);
  }
  if (u < kAtHoster || elsewhere) {
    const auto hoster = static_cast<uint32_t>(mark(kHost, domain * 8 + (elsewhere ? n : 0)) % kHosters);
    return IpAddress::v4(kHosterNet + (hoster << 8) + 25 + n);
  }
  return IpAddress::v4(kOwnNet + static_cast<uint32_t>((mark(kOwn, domain) & 0x3ffff00) + 10 + n));
}

std::string World::name(uint64_t domain) const { return fmt::format("d{}.example", domain); }

std::string World::mx_name(uint64_t domain, uint32_t n) const { return fmt::format("mx{}.d{}.example", n, domain); }

IpAddress World::provider_submission(uint32_t provider, uint64_t pick) const {
  const Big& big = kBig[provider % kProviders];
  return IpAddress::v4(big.network + static_cast<uint32_t>(pick % big.networks << 8) + 87);
}

IpAddress World::hoster_submission(uint32_t hoster) const {
  return IpAddress::v4(kHosterNet + (hoster % kHosters << 8) + 87);
}

IpAddress World::anybody(Chance& chance) const {
  return IpAddress::v4(0x96000000U + static_cast<uint32_t>(chance.below(1U << 26)));
}

bool World::answers(const IpAddress& server, Time at) const {
  const uint32_t v4 = server.v4_host_order();
  for (const Outage& o : outages_) {
    if (at < o.begin || at >= o.end) continue;
    if (o.provider < 0) return false;
    const Big& big = kBig[static_cast<size_t>(o.provider) % kProviders];
    if (v4 >= big.network && v4 < big.network + (big.networks << 8)) return false;
  }
  if (v4 >= kDeadNet && v4 < kDeadNet + (1U << 24)) return false;
  const bool big =
      std::ranges::any_of(kBig, [&](const Big& b) { return v4 >= b.network && v4 < b.network + (b.networks << 8); });
  return big ||
         share_of(mark(kSick, network24(v4) + (static_cast<uint64_t>(at.unix_seconds() / 3600) << 32))) >= kSickShare;
}

}  // namespace postern::rehearse
