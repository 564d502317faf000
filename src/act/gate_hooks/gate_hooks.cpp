// SPDX-License-Identifier: Apache-2.0
#include "act/gate_hooks/gate_hooks.h"

#include <algorithm>
#include <net/if.h>

#include "sys/log.h"

namespace postern::act::gate_hooks {
namespace {
constexpr uint64_t kSlowRounds = 5;
}

bool matches(std::string_view glob, std::string_view name) {
  // Iterative with one step back: linear for any glob of one '*', never exponential.
  size_t g = 0;
  size_t n = 0;
  size_t star = glob.npos;
  size_t resume = 0;
  while (n < name.size()) {
    if (g < glob.size() && (glob[g] == '?' || glob[g] == name[n]) && glob[g] != '*') {
      ++g;
      ++n;
    } else if (g < glob.size() && glob[g] == '*') {
      star = g++;
      resume = n;
    } else if (star != glob.npos) {
      g = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

std::vector<std::string> present_interfaces() {
  std::vector<std::string> names;
  struct if_nameindex* all = ::if_nameindex();
  for (const struct if_nameindex* i = all; i != nullptr && i->if_index != 0; ++i) names.emplace_back(i->if_name);
  if (all != nullptr) ::if_freenameindex(all);
  return names;
}

void GateHooks::count(std::string_view id, const std::string& what) {
  if (rounds_ == 0) return;  // the first round installs, it does not heal
  ++healed_;
  sys::log(sys::Level::warning, "gate", id, what + " was gone and is back");
}

void GateHooks::heal_interface(const std::string& name) {
  const auto& attached = gate_.attached();
  const auto it = std::ranges::find(attached, name, &gate::Attached::name);
  const bool known = it != attached.end();
  if (known && gate_.attached_in_kernel(*it)) return;
  if (auto done = gate_.attach(name); !done) {
    faults_.push_back(name + ": " + done.error().text());
    return;
  }
  if (known) {
    count("GATE_FILTER_HEALED", "the filter on " + name);
  } else {
    sys::log(sys::Level::info, "gate", "GATE_ATTACHED", "subscriber interface is governed", {{"interface", name}});
  }
}

// The settings named it once, and a predecessor of this process put a filter there.
void GateHooks::release_interface(const std::string& name) {
  if (!gate_.occupied(name)) return;
  if (auto done = gate_.detach_interface(name); !done) {
    faults_.push_back(name + ": " + done.error().text());
    return;
  }
  sys::log(sys::Level::info, "gate", "GATE_RELEASED", "no subscriber interface any more", {{"interface", name}});
}

void GateHooks::heal_routing() {
  const auto there = gate::routing_in_force(wanted_.routing);
  if (there && *there) return;
  if (auto done = gate::ensure_routing(wanted_.routing); !done) {
    faults_.push_back("rule and route to the explainer: " + done.error().text());
    return;
  }
  count("GATE_ROUTING_HEALED", "the rule or route to the explainer");
}

void GateHooks::heal_guard() {
  if (!wanted_.guard_on) return;
  const auto there = gate::guard_in_force();
  if (there && *there) return;
  if (auto done = gate::load_guard(wanted_.guard); !done) {
    faults_.push_back("static guard: " + done.error().text());
    return;
  }
  count("GATE_GUARD_HEALED", "the static guard");
}

void GateHooks::heal(const std::vector<std::string>& present) {
  faults_.clear();
  for (const std::string& name : present) {
    if (std::ranges::any_of(wanted_.interfaces, [&](const std::string& glob) { return matches(glob, name); })) {
      heal_interface(name);
    } else if (rounds_ == 0) {
      release_interface(name);
    }
  }
  // Asking for these costs a netlink dump and a child process.
  if (rounds_ % kSlowRounds == 0) {
    heal_routing();
    heal_guard();
  }
  for (const std::string& fault : faults_) sys::log(sys::Level::error, "gate", "GATE_HOOK_FAULT", fault);
  ++rounds_;
}

}  // namespace postern::act::gate_hooks
