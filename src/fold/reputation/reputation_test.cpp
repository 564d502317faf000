// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fold/reputation/queue_age.h"
#include "fold/reputation/receivers.h"

namespace postern::fold {
namespace {

const Time kBegin = parse_time("2026-11-27T00:00:00Z").value();

void see(Receivers& all, std::string_view domain, Answered what, int times, Time at) {
  for (int i = 0; i < times; ++i) all.saw(domain, what, at);
}

TEST(Receivers, ColdIsHighAndTwiceWhatItWas) {
  Receivers all(30);
  see(all, "big.example", Answered::delivered, 14, kBegin);
  see(all, "big.example", Answered::put_off, 5, kBegin);
  EXPECT_FALSE(all.rows(kBegin, 9)[0].cold) << "19 answers are too few";
  see(all, "big.example", Answered::refused, 1, kBegin);
  EXPECT_TRUE(all.rows(kBegin, 9)[0].cold);
  // Three hours later as much again: it is usual there.
  const Time later = kBegin + hours(3);
  see(all, "big.example", Answered::delivered, 14, later);
  see(all, "big.example", Answered::put_off, 6, later);
  EXPECT_FALSE(all.rows(later, 9)[0].cold);
  EXPECT_EQ(all.rows(later, 9)[0].hour.answers(), 20U);
  EXPECT_EQ(all.rows(later, 9)[0].before.answers(), 20U);
  see(all, "big.example", Answered::put_off, 30, later);
  EXPECT_TRUE(all.rows(later, 9)[0].cold);
  EXPECT_TRUE(all.rows(later + hours(25), 9).empty());
}

TEST(Receivers, NobodyThereIsNoAnswer) {
  Receivers all(30);
  see(all, "gone.example", Answered::unreachable, 100, kBegin);
  see(all, "gone.example", Answered::unknown, 100, kBegin);
  EXPECT_FALSE(all.rows(kBegin, 9)[0].cold);
  EXPECT_EQ(all.rows(kBegin, 9)[0].hour.answers(), 100U);
}

TEST(Receivers, TheHourGoesByInStepsOfTenMinutes) {
  Receivers all(30);
  for (int m = 0; m < 120; m += 10) see(all, "a.example", Answered::delivered, 1, kBegin + minutes(m));
  EXPECT_EQ(all.rows(kBegin + minutes(119), 9)[0].hour.answers(), 6U);
  EXPECT_EQ(all.rows(kBegin + minutes(119), 9)[0].before.answers(), 6U);
  EXPECT_EQ(all.rows(kBegin + minutes(150), 9)[0].hour.answers(), 2U);
  EXPECT_EQ(all.rows(kBegin + hours(20), 9)[0].before.answers(), 12U);
}

TEST(Receivers, BoundsHold) {
  Receivers all(30);
  for (size_t i = 0; i < Receivers::kDomainsMax + 10; ++i)
    all.saw(fmt::format("d{:04}.example", i), Answered::delivered, kBegin + seconds(static_cast<int64_t>(i)));
  EXPECT_EQ(all.domains(), Receivers::kDomainsMax);
  EXPECT_EQ(all.crowded(), 10U);
  all.saw("d0010.example", Answered::put_off, kBegin + hours(1));
  const auto rows = all.rows(kBegin + hours(1), 5);
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[0].domain, "d0010.example");
  all.saw(std::string(256, 'x'), Answered::delivered, kBegin);
  all.saw("", Answered::delivered, kBegin);
  EXPECT_EQ(all.domains(), Receivers::kDomainsMax);
}

TEST(QueueAge, TheOldestThatIsStillThere) {
  QueueAge queue;
  EXPECT_EQ(queue.oldest(kBegin), Duration{});
  const Time now = kBegin + hours(5);
  queue.put_off("A", kBegin, now);
  queue.put_off("B", kBegin + hours(1), now);
  EXPECT_EQ(queue.oldest(now), hours(5));
  queue.removed("A");
  queue.removed("A");
  EXPECT_EQ(queue.oldest(now), hours(4));
  // Its end was not seen: it is not tried any more.
  queue.put_off("C", kBegin + hours(2), now + hours(5));
  EXPECT_EQ(queue.oldest(now + hours(6)), hours(9));
  EXPECT_EQ(queue.waiting(), 1U);
}

TEST(QueueAge, WhenItIsFullTheOldOnesStay) {
  QueueAge queue;
  for (size_t i = 0; i < QueueAge::kMessagesMax + 3; ++i)
    queue.put_off(fmt::format("M{}", i), kBegin + seconds(static_cast<int64_t>(i)), kBegin);
  EXPECT_EQ(queue.waiting(), QueueAge::kMessagesMax);
  EXPECT_EQ(queue.left_out(), 3U);
}

}  // namespace
}  // namespace postern::fold
