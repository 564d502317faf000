// SPDX-License-Identifier: Apache-2.0
// Casework under faults: one town of three customers, from the first contact to the closed case, under a virtual clock,
// with the brain and the act role killed as a plan says. What is not acknowledged comes again, as the senders do it; a
// notice that is ordered and not settled is sent again, as the brain does it. The journal is the caller's.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/record.h"

namespace postern::replay {

// What outlives the brain.
class Durable {
 public:
  virtual ~Durable() = default;
  virtual void append(std::vector<model::Record>& records) = 0;
  // The newest checkpoint, if there is one, then every record after it.
  virtual void read(const std::function<void(const model::Record&)>& f) = 0;
};

// Of a step that made records (counted from 1):
enum class Fault : uint8_t {
  none,
  before_commit,  // the brain dies and nothing of the step is written
  after_commit,   // it dies when the step is written, and nobody is told
  act_dies,       // what act was told and has not answered is lost
  answer_twice,   // what act answers next comes twice
};
using Plan = std::function<Fault(uint64_t step)>;

struct Lived {
  std::map<uint64_t, uint64_t> copies;  // of each notice in the customers' mailboxes
  std::string end;                      // cases that are still open
  uint64_t steps = 0;                   // that made records
  std::set<uint64_t> transition_steps;  // of these, with a transition
  uint64_t killed = 0;
};

[[nodiscard]] Lived live_through(Durable& journal, const Plan& plan);

}  // namespace postern::replay
