// SPDX-License-Identifier: Apache-2.0
// Keeps the gate hooked in: filters on every subscriber interface that exists (new ones within a second), the rule and
// route that deliver steered packets, and the static guard. What somebody removed is put back and counted; other
// people's filters, rules and tables are never touched.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gate/gate.h"
#include "gate/guard.h"
#include "gate/routing.h"

namespace postern::act::gate_hooks {

// "sub*" style: '*' any run, '?' one character.
[[nodiscard]] bool matches(std::string_view glob, std::string_view name);

struct Wanted {
  std::vector<std::string> interfaces;  // names or globs
  gate::Routing routing;
  gate::Guard guard;
  bool guard_on = true;
};

class GateHooks {
 public:
  GateHooks(gate::Gate& gate, Wanted wanted) : gate_(gate), wanted_(std::move(wanted)) {}

  // Brings the kernel to what is wanted; the first call also takes filters off interfaces that settings before named.
  // Call at start and once a second. `present` = the interfaces there are now.
  void heal(const std::vector<std::string>& present);

  [[nodiscard]] uint64_t healed() const { return healed_; }
  [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }  // of the last heal()

 private:
  void heal_interface(const std::string& name);
  void release_interface(const std::string& name);
  void heal_routing();
  void heal_guard();
  void count(std::string_view id, const std::string& what);

  gate::Gate& gate_;
  Wanted wanted_;
  uint64_t rounds_ = 0;
  uint64_t healed_ = 0;
  std::vector<std::string> faults_;
};

// Names of the interfaces that exist in this network namespace.
[[nodiscard]] std::vector<std::string> present_interfaces();

}  // namespace postern::act::gate_hooks
