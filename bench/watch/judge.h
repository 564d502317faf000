// SPDX-License-Identifier: Apache-2.0
// What is measured against one another: our detection, and rules of thumb that are deployed or published, all fed the
// same connections and names of the same lines, already folded (so the rules are not blamed for SYN retries).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "decide/watch/watch.h"
#include "fold/mail_flows.h"
#include "fold/mail_names.h"
#include "fold/port_scans.h"
#include "model/observation.h"
#include "model/policy.h"

namespace postern::bench {

// One thing a line did: a connection on a mail port, or a name asked for (its fingerprint in `name`).
struct Deed {
  Time at;     // a connection's: when its outcome was known
  Time begun;  // when it began
  uint32_t line = 0;
  bool is_name = false;
  bool mx = false;
  bool not_there = false;
  bool blocked = false;  // by the gate: nobody knows what would have come of it
  bool declared = false;
  model::Outcome outcome = model::Outcome::unknown;
  uint16_t port = 25;
  IpAddress source;
  IpAddress destination;
  uint64_t name = 0;
  bool first = false;  // with `forget` for memory, as the class has it
};

struct Found {
  Time at;
  uint32_t contacts =
      0;  // first contacts of the line until then, all of the recording; else names, where there are none
};

// A rule: says when it would act. Each line at most once.
class Rule {
 public:
  virtual ~Rule() = default;
  virtual bool over(const Deed& deed) = 0;

  void see(const Deed& deed);
  [[nodiscard]] const std::unordered_map<uint32_t, Found>& found() const { return found_; }

 private:
  struct Count {
    uint32_t contacts = 0;
    uint32_t names = 0;
  };
  std::unordered_map<uint32_t, Count> counts_;
  std::unordered_map<uint32_t, Found> found_;
};

// Ours: acts at `stage` or above.
class Ours : public Rule {
 public:
  using ClassOf = std::function<const model::ClassPolicy&(uint32_t line)>;
  Ours(const model::Policy& policy, ClassOf class_of);
  bool over(const Deed& deed) override;
  // What only ours looks at: when scanning lines became cases.
  void scan(const fold::ScanStep& step);
  [[nodiscard]] const std::unordered_map<uint32_t, Time>& scanners() const { return scanners_; }
  [[nodiscard]] const std::unordered_map<uint32_t, Found>& blocks() const { return blocks_; }
  // Cases that rest on more than novelty: who only meets many servers is asked, never restricted.
  [[nodiscard]] const std::unordered_map<uint32_t, Found>& with_evidence() const { return with_evidence_; }
  void set_lines(uint64_t lines) { watch_.set_lines(lines); }
  [[nodiscard]] decide::detect::Thresholds thresholds() const { return watch_.thresholds(policy_); }
  [[nodiscard]] uint64_t acts_a_day() const { return watch_.acts_a_day(); }

 private:
  const model::Policy& policy_;
  ClassOf class_of_;
  decide::detect::Watch watch_;
  decide::Counters counters_;
  Time swept_;
  std::unordered_map<uint32_t, uint32_t> contacts_;
  std::unordered_map<uint32_t, Found> blocks_;
  std::unordered_map<uint32_t, Found> with_evidence_;
  std::unordered_map<uint32_t, Time> scanners_;
};

// More than `most` connections within `window`, failed or not (20 in 60 s: common at providers; 20 in 5 min: BotFlex).
[[nodiscard]] std::unique_ptr<Rule> rate(size_t most, Duration window);
// Threshold random walk over first contacts (Jung et al. 2004: t0 .8, t1 .2, alpha .01, beta .99); once called benign,
// for good, as published.
[[nodiscard]] std::unique_ptr<Rule> random_walk();
// Credit-based connection limiting (Schechter et al. 2004): 10 to begin with, 1 less for a first contact that fails, 1
// more for one that is answered; what is above ten melts by a third a second.
[[nodiscard]] std::unique_ptr<Rule> credits();
// Virus throttle (Williamson 2002): working set of 5, one new destination a second, 100 waiting = infected.
[[nodiscard]] std::unique_ptr<Rule> throttle();

struct Named {
  std::string_view name;
  std::unique_ptr<Rule> rule;
};
[[nodiscard]] std::vector<Named> baselines();

}  // namespace postern::bench
