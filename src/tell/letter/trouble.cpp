// SPDX-License-Identifier: Apache-2.0
#include "tell/letter/trouble.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

namespace postern::tell::letter {
namespace {

constexpr uint16_t kMail = 25;
constexpr std::array<uint16_t, 3> kSignIn{465, 587, 2525};

std::set<model::Service> services(const Facts& f) {
  std::set<model::Service> out(f.case_.services.begin(), f.case_.services.end());
  for (const model::Increment& step : f.evidence)
    if (step.port != 0) out.insert({model::Transport::tcp, step.port});
  return out;
}

}  // namespace

Trouble trouble_of(const Facts& f) {
  if (f.case_.kind == model::CaseKind::relay_limit) return Trouble::sign_in;
  bool mail = false;
  bool sign_in = false;
  for (const model::Service& s : services(f)) {
    const bool tcp = s.transport == model::Transport::tcp;
    if (tcp && s.port == kMail) {
      mail = true;
    } else if (tcp && std::ranges::find(kSignIn, s.port) != kSignIn.end()) {
      sign_in = true;
    } else {
      return Trouble::worm;
    }
  }
  return sign_in && !mail ? Trouble::sign_in : Trouble::mail;
}

size_t decoys_touched(const Facts& f) {
  std::set<IpAddress> out;
  for (const model::Increment& step : f.evidence)
    if (step.family == "dark") out.insert(step.destination);
  return out.size();
}

Time went_on_at(const Facts& f) {
  Time last;
  for (const model::Increment& step : f.evidence)
    if (step.family == "persistence") last = std::max(last, step.at);
  return last;
}

std::string services_of(const Facts& f) {
  std::vector<std::string> out;
  for (const model::Service& s : services(f))
    out.push_back(fmt::format("{} {}", s.transport == model::Transport::tcp ? "TCP" : "UDP", s.port));
  return fmt::format("{}", fmt::join(out, ", "));
}

}  // namespace postern::tell::letter
