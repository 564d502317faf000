// SPDX-License-Identifier: Apache-2.0
#include "decide/casework/advices.h"

#include <algorithm>
#include <vector>

namespace postern::decide::casework {

void Advices::index(const model::Advice& a) {
  last_ = std::max(last_, a.id.value & ~model::kAdviceBit);
  told_.emplace(a.line, a.text);
  if (a.state == model::AdviceState::waiting) waiting_.insert(a.id);
}

void Advices::apply(const model::Advice& a) {
  const auto before = all_.find(a.id);
  const bool ordered = a.state == model::AdviceState::ordered &&
                       (before == all_.end() || before->second.state == model::AdviceState::waiting);
  if (ordered) {
    ordered_.push_back(a.at);
    while (ordered_.front() + hours(1) < a.at) ordered_.pop_front();
  }
  waiting_.erase(a.id);
  all_.insert_or_assign(a.id, a);
  index(a);
}

void Advices::forget(model::SubscriberId line) {
  std::erase_if(all_, [&](const auto& a) {
    if (a.second.line != line) return false;
    waiting_.erase(a.first);
    told_.erase({line, a.second.text});
    return true;
  });
}

const model::Advice* Advices::find(model::ContactId id) const {
  const auto it = all_.find(id);
  return it == all_.end() ? nullptr : &it->second;
}

const model::Advice* Advices::next() const { return waiting_.empty() ? nullptr : find(*waiting_.begin()); }

size_t Advices::ordered_since(Time since) const {
  return static_cast<size_t>(std::ranges::count_if(ordered_, [&](Time t) { return t > since; }));
}

void Advices::encode(Encoder& out) const {
  out.put(last_);
  out.put(static_cast<uint64_t>(all_.size()));
  for (const auto& [id, a] : all_) out.put(a);
  out.put(std::vector(ordered_.begin(), ordered_.end()));
}

void Advices::decode(Decoder& in) {
  *this = Advices{};
  uint64_t n = 0;
  in.get(last_);
  in.get(n);
  for (uint64_t i = 0; i < n && in.ok(); ++i) {
    model::Advice a;
    in.get(a);
    all_.insert_or_assign(a.id, a);
    index(a);
  }
  std::vector<Time> ordered;
  in.get(ordered);
  ordered_.assign(ordered.begin(), ordered.end());
}

}  // namespace postern::decide::casework
