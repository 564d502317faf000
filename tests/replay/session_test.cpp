// SPDX-License-Identifier: Apache-2.0
// "Who had this address then", held against the truth of a made-up network.
#include <gtest/gtest.h>
#include <map>
#include <optional>

#include "tests/replay/churn.h"

namespace postern::replay {
namespace {

using decide::Engine;
using decide::who::Attribution;

// What the events delivered so far let anybody know of one true session.
struct Known {
  const Truth* truth = nullptr;
  std::optional<Time> v4_from;
  std::optional<Time> v6_from;
  std::optional<Time> until;
};

class Knowledge {
 public:
  explicit Knowledge(const std::vector<Truth>& truth) {
    for (const Truth& t : truth) {
      by_key_[t.nas + "/" + t.key] = all_.size();
      by_address_[t.v4].push_back(all_.size());
      by_address_[t.v6.address].push_back(all_.size());
      all_.push_back({&t, {}, {}, {}});
    }
  }
  void hear(const model::Observation& o) {
    const auto* e = std::get_if<model::SessionEvent>(&o.body);
    if (e == nullptr) return;
    const auto earlier = [&](std::optional<Time>& t) { t = t ? std::min(*t, o.at) : o.at; };
    if (e->kind == model::SessionEventKind::nas_on) {
      for (Known& k : all_)
        if (k.truth->nas == e->nas && k.truth->from <= o.at) earlier(k.until);
      return;
    }
    Known& k = all_[by_key_.at(e->nas + "/" + e->session_key)];
    if (e->kind == model::SessionEventKind::stop) return earlier(k.until);
    earlier(k.v4_from);
    if (e->prefixes.size() > 1) earlier(k.v6_from);
  }
  // The line that holds the address at `at` for all one can know; empty = nobody.
  [[nodiscard]] std::string holder(const IpAddress& a, Time at) const {
    const Known* last = nullptr;
    std::optional<Time> last_from;
    for (const size_t i : by_address_.at(a)) {
      const Known& k = all_[i];
      const auto& from = a.family == Family::v4 ? k.v4_from : k.v6_from;
      if (!from || *from > at || (last_from && *from < *last_from)) continue;
      last = &k;
      last_from = from;
    }
    if (last == nullptr || (last->until && *last->until <= at)) return {};
    return last->truth->line;
  }

  [[nodiscard]] std::string text(const IpAddress& a) const {
    std::string out;
    const auto shown = [](const std::optional<Time>& t) { return t ? to_string(*t) : std::string("?"); };
    for (const size_t i : by_address_.at(a)) {
      const Known& k = all_[i];
      out += k.truth->line + " " + k.truth->nas + "/" + k.truth->key + " v4 " + shown(k.v4_from) + " v6 " +
             shown(k.v6_from) + " until " + shown(k.until) + "\n";
    }
    return out;
  }

 private:
  std::vector<Known> all_;
  std::map<std::string, size_t> by_key_;
  std::map<IpAddress, std::vector<size_t>> by_address_;
};

void no_overlap(const Engine& engine, Time now) {
  Prefix last;
  engine.for_each_line([&](const model::LineEntry& e) {
    ASSERT_EQ(engine.who(e.prefix.address, now + days(1)).kind, Attribution::found) << to_string(e.prefix);
    ASSERT_FALSE(last.overlaps(e.prefix)) << to_string(e.prefix);
    last = e.prefix;
  });
}

struct Score {
  int asked = 0;
  int right = 0;
  int nobody = 0;  // while somebody could have been known
};

Score ask(uint64_t seed, const Trouble& trouble) {
  const Churn churn = make_churn(seed, 40, hours(2), trouble, false);
  Knowledge knowledge(churn.truth);
  Engine engine;
  Chance chance{seed + 1};
  Score score;
  for (const Delivered& d : churn.inputs) {
    feed(engine, d);
    if (const auto* o = std::get_if<model::Observation>(&d.input)) knowledge.hear(*o);
    if (chance.one_in(50)) no_overlap(engine, d.now);
    const Truth& t = churn.truth[static_cast<size_t>(chance.below(churn.truth.size()))];
    const IpAddress address = chance.one_in(2) ? t.v4 : t.v6.address;
    const Time then = chance.one_in(2) ? d.now : d.now - seconds(static_cast<int64_t>(chance.below(1800)));
    const auto answer = engine.who(address, then);
    const std::string expected = knowledge.holder(address, then);
    ++score.asked;
    if (answer.kind == Attribution::found) {
      const model::Session& s = answer.sessions[0];
      EXPECT_EQ(s.line_key, expected) << seed << ": " << to_string(address) << " at " << to_string(then) << ", by "
                                      << s.nas << "/" << s.key << " " << to_string(s.since) << " to "
                                      << to_string(s.until) << " " << to_string(s.end) << "\n"
                                      << knowledge.text(address);
      score.right += answer.sessions[0].line_key == expected ? 1 : 0;
    } else {
      EXPECT_EQ(answer.kind, Attribution::nobody) << seed;
      (expected.empty() ? score.right : score.nobody) += 1;
    }
  }
  return score;
}

TEST(Sessions, QuietNetworkIsKnownExactly) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const Score score = ask(seed, {});
    EXPECT_GT(score.asked, 1000);
    // Interims are sent by chance here, so now and then three in a row are missing and the session ages.
    EXPECT_LE(score.nobody * 100, score.asked) << seed;
  }
}

TEST(Sessions, LossDoublingAndDisorderNeverNameTheWrongLine) {
  for (uint64_t seed = 100; seed < 112; ++seed) {
    const Score score = ask(
        seed, {.lost_starts_in = 10, .lost_stops_in = 3, .lost_interims_in = 5, .doubled_in = 3, .late_up_to_s = 60});
    EXPECT_GT(score.right * 100, score.asked * 85) << seed << ": " << score.right << " of " << score.asked;
  }
}

}  // namespace
}  // namespace postern::replay
