// SPDX-License-Identifier: Apache-2.0
// Control servers of botnets (C2), from a list that the operator keeps or fetches: a line has an address, an address
// and a port, or a small network, `192.0.2.1`, `192.0.2.1:443`, `[2001:db8::1]:443`, `192.0.2.0/28`; what comes after
// `#`,
// `;` or a space is a comment. Without a port all of them count. Which list that is the operator decides.
//
// Bounds: kC2BytesMax, kC2Max entries, networks no wider than wire::Peers has them. A list with a fault is not taken at
// all; the error names the line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ip.h"
#include "base/result.h"
#include "wire/traffic/flow/peers.h"

namespace postern::tables {

inline constexpr size_t kC2BytesMax = size_t{8} << 20;
inline constexpr size_t kC2Max = 65'536;

class C2List {
 public:
  [[nodiscard]] static Result<C2List> parse(std::string_view text);
  // The number of the entry that a server's address and port are of, the narrowest; of the same list it stays the same.
  [[nodiscard]] std::optional<uint32_t> find(const IpAddress& server, uint16_t port) const;
  // "192.0.2.1:443"
  [[nodiscard]] std::string entry(uint32_t number) const;
  [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(entries_.size()); }
  // To look at first: nearly all traffic is of nobody here.
  [[nodiscard]] const wire::Peers& peers() const { return peers_; }

 private:
  struct Entry {
    Prefix servers;
    uint16_t port = 0;  // 0 = any
    bool operator==(const Entry&) const = default;
  };
  struct Hash {
    size_t operator()(const Entry& e) const noexcept { return std::hash<Prefix>{}(e.servers) * 131 + e.port; }
  };
  void add(const Entry& entry);

  std::vector<Entry> entries_;
  std::unordered_map<Entry, uint32_t, Hash> numbers_;
  std::vector<Prefix> lengths_;  // one network of each length and family that there is, the longest first
  wire::Peers peers_;
};

}  // namespace postern::tables
