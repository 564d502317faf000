// SPDX-License-Identifier: Apache-2.0
#include "bench/watch/judge.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>

#include "decide/common/limits.h"

namespace postern::bench {
namespace {

// Each keeps what it needs of a line in State.
template <class State>
class Each : public Rule {
 protected:
  State& of(uint32_t line) { return states_[line]; }

 private:
  std::unordered_map<uint32_t, State> states_;
};

class Rate : public Each<std::deque<Time>> {
 public:
  Rate(size_t most, Duration window) : most_(most), window_(window) {}
  bool over(const Deed& deed) override {
    if (deed.is_name) return false;
    auto& times = of(deed.line);
    times.push_back(deed.begun);
    if (times.size() <= most_) return false;
    times.pop_front();
    return times.back() - times.front() <= window_;
  }

 private:
  size_t most_;
  Duration window_;
};

struct Walk {
  double sum = 0;
  bool benign = false;
};
class RandomWalk : public Each<Walk> {
 public:
  bool over(const Deed& deed) override {
    if (deed.is_name || !deed.first || deed.outcome == model::Outcome::unknown) return false;
    Walk& w = of(deed.line);
    if (w.benign) return false;
    constexpr double kStep = 1.386294361;    // ln(.8 / .2)
    constexpr double kDecided = 4.59511985;  // ln(.99 / .01)
    w.sum += deed.outcome == model::Outcome::failure ? kStep : -kStep;
    w.benign = w.sum <= -kDecided;
    return w.sum >= kDecided;
  }
};

struct Balance {
  double credits = 10;
  Time at;
};
class Credits : public Each<Balance> {
 public:
  bool over(const Deed& deed) override {
    if (deed.is_name || !deed.first || deed.outcome == model::Outcome::unknown) return false;
    Balance& b = of(deed.line);
    // What is above ten melts by a third each second.
    const double s = static_cast<double>((deed.at - b.at).us) / 1e6;
    if (b.at && b.credits > 10) b.credits = std::max(10.0, b.credits * std::pow(2.0 / 3.0, std::min(s, 60.0)));
    b.at = deed.at;
    b.credits += deed.outcome == model::Outcome::success ? 1 : -1;
    return b.credits <= 0;
  }
};

struct Queue {
  std::array<uint64_t, 5> working{};
  size_t oldest = 0;
  double waiting = 0;
  Time at;
};
class Throttle : public Each<Queue> {
 public:
  bool over(const Deed& deed) override {
    if (deed.is_name) return false;
    Queue& q = of(deed.line);
    if (q.at) q.waiting = std::max(0.0, q.waiting - static_cast<double>((deed.begun - q.at).us) / 1e6);
    q.at = std::max(q.at, deed.begun);
    const uint64_t network = fold::fingerprint(destination_network(deed.destination));
    if (std::ranges::find(q.working, network) != q.working.end()) return false;
    q.working[q.oldest++ % q.working.size()] = network;
    q.waiting += 1;
    return q.waiting > 100;
  }
};

}  // namespace

void Rule::see(const Deed& deed) {
  Count& count = counts_[deed.line];
  count.contacts += !deed.is_name && deed.first ? 1 : 0;
  count.names += deed.is_name && deed.mx ? 1 : 0;
  if (over(deed) && !found_.contains(deed.line))
    found_[deed.line] = {deed.at, count.contacts != 0 ? count.contacts : count.names};
}

Ours::Ours(const model::Policy& policy, ClassOf class_of) : policy_(policy), class_of_(std::move(class_of)) {}

bool Ours::over(const Deed& deed) {
  if (!deed.is_name && !deed.first) return false;
  model::ObservationBody body;
  if (deed.is_name) {
    body = model::MailLookup{{deed.line}, deed.source, deed.mx, deed.not_there};
  } else {
    model::FirstContact contact;
    contact.line = {deed.line};
    contact.source = deed.source;
    contact.destination = deed.destination;
    contact.port = deed.port;
    contact.verdict = deed.blocked ? model::Verdict::explain : model::Verdict::open;
    contact.outcome = deed.outcome;
    contact.provider = deed.port != 25 && fold::is_submission_provider(deed.destination);
    body = contact;
    ++contacts_[deed.line];
  }
  if (deed.at - swept_ > minutes(1)) {
    swept_ = deed.at;
    watch_.sweep(deed.at, [&](uint64_t key) {
      const auto line = static_cast<uint32_t>(key);
      return decide::detect::Subject{{line}, &class_of_(line)};
    });
  }
  bool is_case = false;
  const decide::detect::Subject subject{{deed.line}, &class_of_(deed.line), deed.declared, {}};
  for (const auto& reached : watch_.see(subject, body, deed.at, policy_, counters_)) {
    if (reached.finding.mode != model::Mode::on) continue;
    if (reached.finding.stage < model::Stage::case_) continue;
    is_case = true;
    const bool evidence = std::ranges::any_of(reached.finding.levels_mnat, [](const auto& level) {
      return level.first != "novelty" && level.first != "mx" && level.second >= decide::kWatchMnat;
    });
    if (evidence) with_evidence_.try_emplace(deed.line, Found{deed.at, contacts_[deed.line]});
    if (reached.finding.stage == model::Stage::block)
      blocks_.try_emplace(deed.line, Found{deed.at, contacts_[deed.line]});
  }
  return is_case;
}

void Ours::scan(const fold::ScanStep& step) {
  const model::PortScan body{{step.line}, step.source, step.destination, step.port};
  for (const auto& reached : watch_.see({{step.line}, &class_of_(step.line)}, body, step.at, policy_, counters_))
    if (reached.finding.stage >= model::Stage::case_) scanners_.try_emplace(step.line, step.at);
}

std::unique_ptr<Rule> rate(size_t most, Duration window) { return std::make_unique<Rate>(most, window); }
std::unique_ptr<Rule> random_walk() { return std::make_unique<RandomWalk>(); }
std::unique_ptr<Rule> credits() { return std::make_unique<Credits>(); }
std::unique_ptr<Rule> throttle() { return std::make_unique<Throttle>(); }

std::vector<Named> baselines() {
  std::vector<Named> out;
  out.push_back({"20_in_60s", rate(20, seconds(60))});
  out.push_back({"20_in_5min", rate(20, minutes(5))});
  out.push_back({"trw", random_walk()});
  out.push_back({"credits", credits()});
  out.push_back({"throttle", throttle()});
  return out;
}

}  // namespace postern::bench
