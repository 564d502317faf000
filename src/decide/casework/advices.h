// SPDX-License-Identifier: Apache-2.0
// Advice of campaigns (model/campaign.h), folded from the journal: who waits for theirs, what is on its way, and who
// was told what. Decides nothing. No line is told the same text twice, whatever the campaign is called.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <utility>

#include "base/codec.h"
#include "model/campaign.h"

namespace postern::decide::casework {

inline constexpr size_t kAdvicesMax = 200'000;  // that are known; beyond, a campaign is refused

// By which number a channel is told to deliver advice, and by which it says what became of it. Of each channel another
// (mail: the advice's own, which stands in the letter): what mail says late is not taken for the webhook's word.
[[nodiscard]] constexpr model::ContactId number_of(const model::Advice& a) {
  return {a.id.value | static_cast<uint64_t>(a.channel) << 56};
}
[[nodiscard]] constexpr model::ContactId advice_of(model::ContactId number) {
  return {number.value & ~(uint64_t{0x3f} << 56)};
}

class Advices {
 public:
  void apply(const model::Advice& advice);
  void forget(model::SubscriberId line);

  [[nodiscard]] const model::Advice* find(model::ContactId id) const;
  [[nodiscard]] bool knows(model::SubscriberId line, model::AdviceText text) const {
    return told_.contains({line, text});
  }
  // The one that waits longest; none = nobody waits.
  [[nodiscard]] const model::Advice* next() const;
  // `since` must not go back further than an hour.
  [[nodiscard]] size_t ordered_since(Time since) const;
  [[nodiscard]] model::ContactId next_id() const { return {model::kAdviceBit | (last_ + 1)}; }
  [[nodiscard]] const std::map<model::ContactId, model::Advice>& all() const { return all_; }

  void encode(Encoder& out) const;
  void decode(Decoder& in);

 private:
  void index(const model::Advice& advice);

  uint64_t last_ = 0;
  std::map<model::ContactId, model::Advice> all_;
  std::set<std::pair<model::SubscriberId, model::AdviceText>> told_;
  std::set<model::ContactId> waiting_;
  std::deque<Time> ordered_;  // the last hour before the newest
};

}  // namespace postern::decide::casework
