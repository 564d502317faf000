// SPDX-License-Identifier: Apache-2.0
// What the gate bench measures with: a namespace wired as a router (routers.h), the gate in it with N lines, and a
// driver program that turns one test run into ten thousand different packets.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "bench/gate/packets.h"
#include "gate/gate.h"

struct driver_bpf;
struct gate_lpm_bpf;

namespace postern::bench {

void sh(const std::string& command);
inline constexpr std::string_view kOwnTag = "g";  // of our own namespace among the routers
[[nodiscard]] std::string far_namespace();
void enter_namespace();
void leave_namespace();

struct Traffic {
  uint32_t lines = 1000;
  bool governed = true;
  bool udp = false;
  bool vlan = false;
  bool new_networks = false;
  uint32_t never = 0;  // no packet of the lines 0, never, 2 * never, ...; 0 = of all lines
};

class Rig {
 public:
  Rig();
  ~Rig();
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  // The table holds exactly lines 10.0.0.0 + i with this verdict; returns seconds taken.
  double fill(uint32_t lines, model::Verdict verdict, bool access_key);
  // Of the lines filled, every `every`-th (from the first on) goes into the walled garden; the others must not notice.
  void hold(uint32_t lines, uint32_t every);
  // The same in the trie of the comparison program.
  void fill_trie(uint32_t lines);

  enum class Target : uint8_t { bare, floor, gate, trie };
  void shuffle(const Traffic& traffic);                // new random packets
  [[nodiscard]] double run(Target target, bool cold);  // ns per packet
  // One flat lookup by source address and one write, for every IPv4 packet.
  [[nodiscard]] int floor_program() const;
  [[nodiscard]] gate::Gate& gate() { return *gate_; }
  [[nodiscard]] const std::string& pin_dir() const { return options_.pin_dir; }

 private:
  void load_trie_variant();
  [[nodiscard]] int program_of(Target target) const;

  gate::Options options_;
  std::unique_ptr<gate::Gate> gate_;
  driver_bpf* driver_ = nullptr;
  gate_lpm_bpf* trie_ = nullptr;
  bench_packet* packets_ = nullptr;
  uint32_t* next_ = nullptr;
  uint32_t ifindex_ = 0;
  int listener_ = -1;
  std::mt19937 random_{20'261'122};
  std::vector<uint64_t> flush_;
};

}  // namespace postern::bench
