// SPDX-License-Identifier: Apache-2.0
// A network namespace of the test's own with the gate loaded: interface `sub0` toward subscribers (10.1.0.0/16 and
// 2001:db8:1::/48 route there), `up0` toward the internet. Pins under /sys/fs/bpf/NAME, removed with the World.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "gate/gate.h"
#include "sys/clock.h"
#include "tests/gate/frame.h"

namespace postern::testing {

// Empty when everything needed is here; else the reason for PN_SKIP.
[[nodiscard]] std::string why_no_kernel_tests();
void run(const std::string& command);  // a shell command that must succeed

// Puts the process into a new network namespace with sub0 and up0. Once per process.
void enter_own_network();

constexpr int kPass = -1, kOk = 0, kDrop = 2, kRedirect = 7;  // TC_ACT_*

struct Verdict {
  int action = 0;
  Frame frame;
  uint32_t mark = 0;
};

struct World {
  explicit World(const std::string& name, gate::Options options = small());
  ~World();
  static gate::Options small();

  [[nodiscard]] Verdict push(gate::Gate::Hook hook, const Frame& frame, uint32_t mark = 0) const;
  [[nodiscard]] Verdict from_line(const Shape& shape) const;
  [[nodiscard]] Verdict to_line(const Shape& shape) const;
  [[nodiscard]] uint64_t counter(std::string_view name) const { return gate->stats().counter(name); }
  void set(const model::LineEntry& entry);
  std::vector<gate::EntryResult> apply(std::vector<Prefix> removed, std::vector<model::LineEntry> set);
  [[nodiscard]] std::vector<gate::Contact> drained();
  [[nodiscard]] std::vector<gate::Contact> swept(Duration later = {});

  std::string pin_dir;
  gate::Options options;
  std::unique_ptr<gate::Gate> gate;
  gate::Network network;
  uint32_t ifindex = 0;
};

[[nodiscard]] model::LineEntry line(uint32_t id, const std::string& prefix, model::Verdict verdict);
[[nodiscard]] Prefix prefix(const std::string& text);

}  // namespace postern::testing
