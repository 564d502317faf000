// SPDX-License-Identifier: Apache-2.0
#include "edge/relay/meters.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <sys/stat.h>
#include <unistd.h>

namespace postern::edge::relay {
namespace {

constexpr uint32_t kNow = 1'796'000'400;  // begins an hour
constexpr Sizes kSmall{.meters_max = 64, .messages_max = 16};

sys::Fd memory() { return SharedMemory::make("meters-test").value(); }
Meters open(const sys::Fd& fd, Sizes sizes = kSmall) { return Meters::open(fd, sizes, {1, 2, 3}).value(); }

TEST(Meters, AWindowSlides) {
  static_assert(kNow % 3'600 == 0);
  Meter m;
  m.roll(kNow);
  m.add(Quantity::messages, 100);
  EXPECT_EQ(m.used(Window::hour, Quantity::messages, kNow), 100U);
  m.roll(kNow + 3'600);
  EXPECT_EQ(m.used(Window::hour, Quantity::messages, kNow + 3'600), 100U) << "all of it was within the last hour";
  m.roll(kNow + 5'400);
  EXPECT_EQ(m.used(Window::hour, Quantity::messages, kNow + 5'400), 50U);
  EXPECT_EQ(m.used(Window::day, Quantity::messages, kNow + 5'400), 100U);
  m.roll(kNow + 7'200);
  EXPECT_EQ(m.used(Window::hour, Quantity::messages, kNow + 7'200), 0U);
  m.roll(kNow + 3 * 86'400);
  EXPECT_EQ(m.used(Window::day, Quantity::messages, kNow + 3 * 86'400), 0U);
}

TEST(Meters, SaysWhenItGoesOn) {
  Meter m;
  m.roll(kNow);
  m.add(Quantity::recipients, 60);
  EXPECT_EQ(m.free_in(Window::hour, Quantity::recipients, 60, kNow), 0U);
  const uint32_t wait = m.free_in(Window::hour, Quantity::recipients, 29, kNow);
  Meter later = m;
  later.roll(kNow + wait);
  EXPECT_LE(later.used(Window::hour, Quantity::recipients, kNow + wait), 29U);
  Meter before = m;
  before.roll(kNow + wait - 1);
  EXPECT_GT(before.used(Window::hour, Quantity::recipients, kNow + wait - 1), 29U);
}

TEST(Meters, CountsDifferentDomainsToATenth) {
  const sys::Fd fd = memory();
  const Meters meters = open(fd);
  for (const uint32_t n : {1U, 10U, 100U, 300U, 600U}) {
    Meter m;
    m.roll(kNow);
    for (int round = 0; round < 3; ++round)
      for (uint32_t i = 0; i < n; ++i) m.add_domain(meters.hash_lower(fmt::format("d{}.example", i)));
    EXPECT_NEAR(m.used(Window::hour, Quantity::domains, kNow), n, n / 8.0 + 1);
    // The same again in the next hour: not one more.
    m.roll(kNow + 3'600);
    for (uint32_t i = 0; i < n; ++i) m.add_domain(meters.hash_lower(fmt::format("D{}.Example", i)));
    EXPECT_NEAR(m.used(Window::hour, Quantity::domains, kNow + 3'600), n, n / 8.0 + 1);
    EXPECT_TRUE(m.knows_domain(Window::hour, meters.hash_lower("d0.example")));
  }
}

TEST(Meters, ThoseOfTheProcessBeforeGoOn) {
  const sys::Fd fd = memory();
  {
    Meters first = open(fd);
    EXPECT_FALSE(first.adopted());
    Meter* m = first.find_or_make(first.hash("a"), 0, "a", kNow);
    m->roll(kNow);
    m->add(Quantity::messages, 7);
    Message gone;
    first.begin_message(first.hash("instance"), kNow, gone).asked = 3;
  }
  Meters second = Meters::open(fd, kSmall, {9, 9, 9}).value();
  EXPECT_TRUE(second.adopted());
  EXPECT_EQ(second.used(), 1U);
  Meter* m = second.find(second.hash("a"));
  ASSERT_NE(m, nullptr) << "the hash key is the old one";
  EXPECT_EQ(m->used(Window::hour, Quantity::messages, kNow), 7U);
  ASSERT_NE(second.message(second.hash("instance"), kNow), nullptr);
  EXPECT_EQ(second.message(second.hash("instance"), kNow)->asked, 3U);
  EXPECT_EQ(second.message(second.hash("instance"), kNow + kMessageSeconds), nullptr);
  const Meters other = open(fd, {.meters_max = 128, .messages_max = 16});
  EXPECT_FALSE(other.adopted()) << "made with other sizes: begun anew";
  EXPECT_EQ(other.used(), 0U);
}

TEST(Meters, AreSavedAndReadBack) {
  const std::string folder = testing::TempDir() + fmt::format("pn-meters-{}", ::getpid());
  ASSERT_EQ(::mkdir(folder.c_str(), 0700), 0);
  const std::string path = folder + "/relay.meters";
  constexpr Sizes kWide{.meters_max = 100'000, .messages_max = 16};
  {
    const sys::Fd fd = memory();
    Meters meters = open(fd, kWide);
    meters.find_or_make(meters.hash_lower("erika@isp"), 0, "erika@isp", kNow)->roll(kNow);
    meters.find(meters.hash_lower("erika@isp"))->add(Quantity::recipients, 7);
    ASSERT_TRUE(SharedMemory::save(fd.get(), path));
    ASSERT_TRUE(SharedMemory::save(fd.get(), path)) << "over the one before";
  }
  struct stat s{};
  ASSERT_EQ(::stat(path.c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0600U);
  EXPECT_GT(s.st_size, 70'000'000);
  EXPECT_LT(s.st_blocks * 512, 1'000'000) << "what was never used takes no room";
  const sys::Fd fd = memory();
  ASSERT_TRUE(SharedMemory::load(fd.get(), path));
  Meters meters = Meters::open(fd, kWide, {9, 9, 9}).value();
  EXPECT_TRUE(meters.adopted());
  const Meter* m = meters.find(meters.hash_lower("Erika@isp"));
  ASSERT_NE(m, nullptr) << "its key of hashes came with it";
  EXPECT_EQ(m->used(Window::hour, Quantity::recipients, kNow), 7U);
  EXPECT_EQ(SharedMemory::load(fd.get(), folder + "/none").error().code, Errc::not_found);
  ::chmod(path.c_str(), 0644);
  EXPECT_EQ(SharedMemory::load(fd.get(), path).error().code, Errc::bad_input) << "others may have written it";
  ::unlink(path.c_str());
  ASSERT_EQ(::symlink("/etc/passwd", path.c_str()), 0);
  EXPECT_FALSE(SharedMemory::load(fd.get(), path));
  EXPECT_FALSE(SharedMemory::save(fd.get(), folder + "/none/relay.meters"));
  ::unlink(path.c_str());
  EXPECT_EQ(::rmdir(folder.c_str()), 0) << "nothing is left beside it";
}

TEST(Meters, AFullTableHasNoPlace) {
  const sys::Fd fd = memory();
  Meters meters = open(fd);
  for (uint32_t i = 0; i < kSmall.meters_max; ++i)
    ASSERT_NE(meters.find_or_make(meters.hash(fmt::format("{}", i)), i + 1, {}, kNow), nullptr);
  EXPECT_EQ(meters.find_or_make(meters.hash("one more"), 1, {}, kNow), nullptr);
  EXPECT_NE(meters.find_or_make(meters.hash("5"), 6, {}, kNow), nullptr);
  meters.sweep(kNow + kIdleSeconds, 600, [](Message&) {});
  EXPECT_EQ(meters.used(), 0U);
  EXPECT_NE(meters.find_or_make(meters.hash("one more"), 1, {}, kNow), nullptr);
}

// Against a plain map: adding, idling and forgetting in any order loses nobody and finds nobody who is gone.
TEST(Meters, TheIndexStaysTrue) {
  const sys::Fd fd = memory();
  Meters meters = open(fd, {.meters_max = 200, .messages_max = 16});
  std::map<uint64_t, uint32_t> model;  // key, touched
  std::mt19937 random(1);
  uint32_t now = kNow;
  for (int step = 0; step < 20'000; ++step) {
    now += random() % 4'000;
    const uint64_t key = meters.hash(fmt::format("{}", random() % 300));
    if (Meter* m = meters.find_or_make(key, 1, {}, now)) {
      m->roll(now);
      model[key] = now;
    }
    meters.sweep(now, 600, [](Message&) {});  // looks at all of so few
    std::erase_if(model, [&](const auto& e) { return e.second + kIdleSeconds <= now; });
    ASSERT_EQ(meters.used(), model.size());
    if (step % 100 == 0)
      for (const auto& [k, touched] : model) {
        const Meter* m = meters.find(k);
        ASSERT_NE(m, nullptr);
        ASSERT_EQ(m->key, k);
        ASSERT_EQ(m->touched, touched);
      }
  }
}

TEST(Meters, OfEightMessagesTheOldestGivesWay) {
  const sys::Fd fd = memory();
  Meters meters = open(fd, {.meters_max = 64, .messages_max = 8});
  Message gone;
  for (uint32_t i = 0; i < 8; ++i) {
    (void)meters.begin_message(i + 1, kNow + i, gone);
    EXPECT_EQ(gone.key, 0U);
  }
  (void)meters.begin_message(9, kNow + 9, gone);
  EXPECT_EQ(gone.key, 1U);
  EXPECT_EQ(meters.message(1, kNow + 9), nullptr);
  uint32_t over = 0;
  meters.sweep(kNow + 609, 600, [&](Message&) { ++over; });
  EXPECT_EQ(over, 8U) << "no DATA within the time";
}

}  // namespace
}  // namespace postern::edge::relay
