// SPDX-License-Identifier: Apache-2.0
#include "tests/replay/churn.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace postern::replay {
namespace {

using model::SessionEventKind;

constexpr int kNasCount = 3;

model::Policy first_policy() {
  model::Policy p;
  p.classes["unknown"] = {};
  p.classes["residential"] = {};
  p.classes["hosting"] = {model::Verdict::open, {}, days(30), seconds(60)};
  p.interim_interval = minutes(10);
  return p;
}

class World {
 public:
  World(uint64_t seed, int lines, Duration length, const Trouble& trouble, bool extras)
      : chance_{seed}, lines_(lines), length_(length), trouble_(trouble), extras_(extras) {
    const int pool = std::max(lines * 3 / 4, 1);  // fewer addresses than lines: they move often
    for (int i = 0; i < pool; ++i) free_.push_back(i);
    live_.assign(static_cast<size_t>(lines), -1);
  }

  Churn run() {
    put(kChurnEpoch, first_policy());
    import();
    for (now_ = kChurnEpoch + seconds(1); now_ < kChurnEpoch + length_;
         now_ = now_ + milliseconds(1000 + static_cast<int64_t>(chance_.below(4000)))) {
      move(static_cast<size_t>(chance_.below(static_cast<uint64_t>(lines_))));
      interims();
      if (chance_.one_in(700)) restart(static_cast<int>(chance_.below(kNasCount)));
      if (extras_) extra();
    }
    for (Time t = kChurnEpoch; t < kChurnEpoch + length_; t = t + seconds(5)) put(t, Tick{});
    sort();
    uint64_t sequence = 0;
    for (Delivered& d : churn_.inputs)
      if (auto* o = std::get_if<model::Observation>(&d.input)) o->sequence = ++sequence;
    return std::move(churn_);
  }

 private:
  // By delivery, then as they were put.
  void sort() {
    std::vector<std::pair<Time, size_t>> order;
    for (size_t i = 0; i < churn_.inputs.size(); ++i) order.emplace_back(churn_.inputs[i].now, i);
    std::ranges::sort(order);
    std::vector<Delivered> sorted;
    for (const auto& [now, i] : order) sorted.push_back(std::move(churn_.inputs[i]));
    churn_.inputs = std::move(sorted);
  }
  void put(Time now, Input input) { churn_.inputs.push_back({now, std::move(input)}); }
  void observe(model::ObservationBody body) { put(now_, model::Observation{0, now_, std::move(body)}); }

  void import() {
    now_ = kChurnEpoch;
    model::ImportSubscribers all{"root", "subscribers.csv", {}};
    for (int i = 0; i < lines_; ++i) {
      model::Subscriber s;
      s.key = fmt::format("line-{}", i);
      s.class_name = i % 5 == 0 ? "hosting" : "residential";
      s.contact->mail = fmt::format("{}@example.net", s.key);
      if (extras_ && i % 10 == 3) s.fixed = {Prefix::host(IpAddress::v4(0xcb007100U + static_cast<uint32_t>(i)))};
      if (i % 20 != 19) all.rows.push_back(s);  // every twentieth is a stranger
    }
    observe(std::move(all));
  }

  void send(SessionEventKind kind, const Truth& t, bool with_v6, uint64_t lost_in) {
    model::SessionEvent e;
    e.kind = kind;
    e.nas = t.nas;
    e.session_key = t.key;
    e.line_key = t.line;
    e.prefixes = {Prefix::host(t.v4)};
    if (with_v6) e.prefixes.push_back(t.v6);
    const bool lost = lost_in != 0 && chance_.one_in(lost_in);
    const int times = trouble_.doubled_in != 0 && chance_.one_in(trouble_.doubled_in) ? 2 : 1;
    for (int i = 0; i < times && !lost; ++i)
      put(now_ + milliseconds(static_cast<int64_t>(chance_.below(trouble_.late_up_to_s * 1000 + 1))),
          model::Observation{0, now_, e});
  }

  void move(size_t line) {
    if (live_[line] >= 0) return end(line, true);
    if (free_.empty()) return;
    const size_t pick = static_cast<size_t>(chance_.below(free_.size()));
    const int slot = free_[pick];
    free_.erase(free_.begin() + static_cast<std::ptrdiff_t>(pick));
    Truth t;
    t.line = fmt::format("line-{}", line);
    t.nas = fmt::format("nas{}", chance_.below(kNasCount));
    t.key = fmt::format("{:08x}", churn_.truth.size());
    t.v4 = IpAddress::v4(0x0a000000U + static_cast<uint32_t>(slot));
    std::array<uint8_t, 16> v6{0x20, 0x01, 0x0d, 0xb8, 0, static_cast<uint8_t>(slot >> 8), static_cast<uint8_t>(slot)};
    t.v6 = Prefix::of(IpAddress::v6(v6), 56);
    t.from = now_;
    live_[line] = static_cast<int>(churn_.truth.size());
    slot_[churn_.truth.size()] = slot;
    churn_.truth.push_back(t);
    send(SessionEventKind::start, t, false, trouble_.lost_starts_in);
  }

  void end(size_t line, bool say) {
    const auto number = static_cast<size_t>(std::exchange(live_[line], -1));
    Truth& t = churn_.truth[number];
    t.until = now_;
    free_.push_back(slot_.at(number));
    if (say) send(SessionEventKind::stop, t, true, trouble_.lost_stops_in);
  }

  void interims() {
    for (size_t line = 0; line < live_.size(); ++line) {
      if (live_[line] < 0) continue;
      const Truth t = churn_.truth[static_cast<size_t>(live_[line])];
      if (chance_.one_in(60)) send(SessionEventKind::interim, t, true, trouble_.lost_interims_in);
    }
  }

  void restart(int nas) {
    const std::string name = fmt::format("nas{}", nas);
    now_ = now_ + milliseconds(1);  // later than any Start of this instant
    for (size_t line = 0; line < live_.size(); ++line)
      if (live_[line] >= 0 && churn_.truth[static_cast<size_t>(live_[line])].nas == name) end(line, false);
    model::SessionEvent e;
    e.kind = SessionEventKind::nas_on;
    e.nas = name;
    observe(e);
    now_ = now_ + milliseconds(1);
  }

  void extra() {
    const auto id = static_cast<uint32_t>(1 + chance_.below(static_cast<uint64_t>(lines_)));
    if (chance_.one_in(2)) contact();
    if (chance_.one_in(40)) {
      model::Permit p;
      p.subscriber = {id};
      p.kind = static_cast<model::PermitKind>(chance_.below(3));
      p.limits = {60, 60, 600, 100};
      p.terms_version = chance_.one_in(10) ? "" : "2026-1";
      if (p.kind == model::PermitKind::named_server) p.destinations = {Prefix::host(IpAddress::v4(0xc6336401U))};
      p.expires = now_ + minutes(static_cast<int64_t>(chance_.below(60)));
      observe(model::GrantPermit{"root", p});
    }
    if (chance_.one_in(100)) observe(model::RevokePermit{"root", {1 + chance_.below(20)}, "test"});
    if (chance_.one_in(100)) observe(model::SetClass{"root", {id}, chance_.one_in(2) ? "hosting" : "residential"});
    if (chance_.one_in(2000)) observe(model::EraseSubscriber{"root", {id}});
    if (chance_.one_in(20))
      put(now_, model::Receipt{
                    {1 + chance_.below(200)}, "gate", static_cast<model::ReceiptState>(chance_.below(6)), "", now_});
    if (chance_.one_in(500)) {
      model::Policy p = first_policy();
      p.classes["residential"].verdict = chance_.one_in(2) ? model::Verdict::reject : model::Verdict::explain;
      p.detectors["dark"] = static_cast<model::Mode>(chance_.below(3));
      put(now_, p);
    }
  }

  void contact() {
    const int number = live_[static_cast<size_t>(chance_.below(live_.size()))];
    if (number < 0) return;
    const Truth& t = churn_.truth[static_cast<size_t>(number)];
    model::FirstContact c;
    c.source = t.v4;
    const uint64_t burst = chance_.one_in(8) ? 12 : 1;
    for (uint64_t i = 0; i < burst; ++i) {
      c.destination = IpAddress::v4(0xc6000000U + static_cast<uint32_t>(chance_.below(1 << 16) << 8));
      c.verdict = chance_.one_in(3) ? model::Verdict::open : model::Verdict::explain;
      c.outcome = static_cast<model::Outcome>(chance_.below(3));
      c.dark = chance_.one_in(50);
      observe(c);
    }
    if (chance_.one_in(10)) observe(model::PageConfirmed{"reference", t.v4, true});
  }

  Chance chance_;
  int lines_;
  Duration length_;
  Trouble trouble_;
  bool extras_;
  Time now_;
  std::vector<int> free_;
  std::vector<int> live_;       // by line: its truth, or -1
  std::map<size_t, int> slot_;  // by truth: its address
  Churn churn_;
};

}  // namespace

uint64_t Chance::next() {
  uint64_t z = (state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

Churn make_churn(uint64_t seed, int lines, Duration length, const Trouble& trouble, bool extras) {
  return World(seed, lines, length, trouble, extras).run();
}

decide::Step feed(decide::Engine& engine, const Delivered& d) {
  if (const auto* policy = std::get_if<model::Policy>(&d.input)) return engine.set_policy(*policy, d.now);
  if (const auto* observation = std::get_if<model::Observation>(&d.input)) return engine.observe(*observation);
  if (const auto* receipt = std::get_if<model::Receipt>(&d.input)) return engine.receive(*receipt);
  return engine.tick(d.now);
}

}  // namespace postern::replay
