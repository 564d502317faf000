// SPDX-License-Identifier: Apache-2.0
#include "observe/reputation/reputation.h"

#include <algorithm>
#include <utility>

#include "sys/log.h"

namespace postern::observe::reputation {
namespace {

constexpr std::string_view kRoom = "reputation";

}  // namespace

Reputation::Reputation(Config config, sys::Loop& loop, sys::Resolver& resolver, Emit emit, std::function<Time()> now)
    : loop_(loop),
      resolver_(resolver),
      emit_(std::move(emit)),
      now_(std::move(now)),
      round_(std::move(config.lists), std::move(config.relay), std::move(config.lines), config.every),
      timer_(loop_.every(microseconds(1'000'000 / std::max(config.queries_per_s, 1U)), [this] { step(); })) {
  if (round_.too_many() != 0)
    sys::log(sys::Level::warning, kRoom, "REPUTATION_TOO_MANY", "more addresses than are looked at",
             {{"left_out", std::to_string(round_.too_many())}});
}

Reputation::~Reputation() { loop_.cancel(timer_); }

void Reputation::step() {
  if (asking_) return;
  const auto q = round_.next(now_());
  if (!q) return;
  asking_ = true;
  ++stats_.questions;
  resolver_.look_up(
      q->name,
      [this, q = *q](const Result<sys::Addresses>& found) {
        asking_ = false;
        hear(q, found ? Result<std::vector<IpAddress>>(found->addresses) : std::unexpected(found.error()));
      },
      Family::v4);
}

void Reputation::hear(const Question& q, const Result<std::vector<IpAddress>>& answer) {
  const List& list = round_.lists()[q.list];
  const std::string before = list.why;
  const uint64_t left_out = round_.left_out();
  if (const auto news = round_.answered(q, answer, now_())) tell(*news);
  if (!list.why.empty() && list.why != before)
    sys::log(sys::Level::warning, kRoom, "REPUTATION_LIST", "a list is not believed until it passes its test again",
             {{"list", list.zone}, {"why", list.why}});
  if (round_.left_out() != left_out)
    sys::log(sys::Level::warning, kRoom, "REPUTATION_FULL", "more listings than are kept",
             {{"left_out", std::to_string(round_.left_out())}});
}

void Reputation::tell(const News& news) {
  ++(news.gone ? stats_.delistings : stats_.listings);
  const Listed& l = news.listed;
  sys::log(l.relay && !news.gone ? sys::Level::warning : sys::Level::info, kRoom,
           news.gone ? "REPUTATION_DELISTED" : "REPUTATION_LISTED",
           l.relay ? "an address of the relay" : "an address of a line",
           {{"address", to_string(news.address)}, {"list", news.list}, {"answer", l.codes}});
  if (l.relay || news.gone || !l.clean_at) return;
  ++stats_.observations;
  emit_({0, now_(), model::Listing{.list = news.list, .source = news.address, .clean_at = l.clean_at}});
}

}  // namespace postern::observe::reputation
