// SPDX-License-Identifier: Apache-2.0
#include "tables/reference.h"

#include <gtest/gtest.h>
#include <random>
#include <unordered_set>

namespace postern::tables {
namespace {

using model::Reason;
using model::SubscriberId;

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr int64_t kToday = 20'779;  // 2026-11-22

ReferenceKey key(uint8_t seed = 1) {
  std::array<uint8_t, ReferenceKey::kBytes> secret{};
  for (size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<uint8_t>(seed * 7 + i);
  return ReferenceKey(secret);
}

Reference random_reference(std::mt19937_64& random) {
  Reference r;
  r.line = SubscriberId{static_cast<uint32_t>(random() % (uint64_t{kReferenceLineMax} + 1))};
  r.reason = static_cast<Reason>(random() % pn_enum_size(Reason{}));
  r.revision = 1000 - static_cast<uint32_t>(random() % 256);
  r.day = kToday + 1 - static_cast<int64_t>(random() % 4096);
  return r;
}

// Pinned: a change of the form would orphan every reference in somebody's inbox.
TEST(Reference, FormIsPinned) {
  EXPECT_EQ(key().make({SubscriberId{1001}, Reason::class_policy, 3, kToday}), "4KXSD-M0KK6-VDFZP");
  EXPECT_EQ(key().make({}), "KZTRH-YENFZ-0DRYJ");
}

TEST(Reference, RoundTrips) {
  std::mt19937_64 random(1);
  const ReferenceKey k = key();
  for (int i = 0; i < 20'000; ++i) {
    const Reference r = random_reference(random);
    const auto back = k.read(k.make(r), kToday, 1000);
    ASSERT_TRUE(back) << back.error().text();
    ASSERT_EQ(*back, r);
  }
  for (const uint32_t line : {0U, 1U, kReferenceLineMax}) {
    const Reference r{SubscriberId{line}, Reason::restriction, 0, 0};
    EXPECT_EQ(k.read(k.make(r), 0, 0).value(), r);
  }
}

TEST(Reference, LineThatDoesNotFitIsUnknownNotAnother) {
  const ReferenceKey k = key();
  const Reference r{SubscriberId{kReferenceLineMax + 8}, Reason::permit, 1, kToday};
  EXPECT_EQ(k.read(k.make(r), kToday, 1)->line.value, 0U);
}

TEST(Reference, ReadsWhatPeopleType) {
  const ReferenceKey k = key();
  std::mt19937_64 random(2);
  for (int i = 0; i < 500; ++i) {
    const Reference r = random_reference(random);
    const std::string text = k.make(r);
    std::string typed = " ";
    for (char c : text) {
      if (c == '-') {
        if (random() % 2 == 0) typed += ' ';
        continue;
      }
      if (c == '0' && random() % 2 == 0) c = 'O';
      if (c == '1') c = "1IL"[random() % 3];
      typed += static_cast<char>(random() % 2 == 0 ? std::tolower(c) : c);
    }
    const auto back = k.read(typed, kToday, 1000);
    ASSERT_TRUE(back) << typed << " for " << text;
    EXPECT_EQ(*back, r);
  }
}

TEST(Reference, EverySingleChangeIsRefused) {
  const ReferenceKey k = key();
  std::mt19937_64 random(3);
  int taken = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string text = k.make(random_reference(random));
    for (size_t at = 0; at < text.size(); ++at) {
      if (text[at] == '-') continue;
      for (const char other : kAlphabet) {
        if (other == text[at]) continue;
        std::string changed = text;
        changed[at] = other;
        taken += k.read(changed, kToday, 1000) ? 1 : 0;
      }
    }
  }
  // 93,000 tries at 2^-24 each.
  EXPECT_EQ(taken, 0);
}

TEST(Reference, SwappedNeighboursAndOtherKeysAreRefused) {
  const ReferenceKey k = key();
  const ReferenceKey other = key(2);
  std::mt19937_64 random(4);
  for (int i = 0; i < 2'000; ++i) {
    std::string text = k.make(random_reference(random));
    EXPECT_FALSE(other.read(text, kToday, 1000));
    const size_t at = random() % 4;
    if (text[at] == text[at + 1]) continue;
    std::swap(text[at], text[at + 1]);
    EXPECT_FALSE(k.read(text, kToday, 1000)) << text;
  }
}

TEST(Reference, NoTwoAreEqualAndNeighboursLookUnrelated) {
  const ReferenceKey k = key();
  std::unordered_set<std::string> seen;
  size_t same_characters = 0;
  std::string before = k.make({});
  for (uint32_t line = 1; line <= 100'000; ++line) {
    const std::string text = k.make({SubscriberId{line}, Reason::class_policy, 1, kToday});
    ASSERT_TRUE(seen.insert(text).second);
    for (size_t i = 0; i < text.size(); ++i) same_characters += text[i] == before[i] && text[i] != '-' ? 1 : 0;
    before = text;
  }
  // 15 characters agree by chance once in 32.
  EXPECT_NEAR(static_cast<double>(same_characters) / 100'000, 15.0 / 32, 0.02);
}

TEST(Reference, WrongOnesSayWhatIsWrong) {
  const ReferenceKey k = key();
  struct Case {
    const char* typed;
    const char* says;
  };
  for (const Case& c : {Case{"", "0 characters"}, Case{"K7QF2", "5 characters"}, Case{"U7QF2-9XWM3-H4TPA", "no U"},
                        Case{"K7QF2-9XWM3-H4TPAX", "longer"}, Case{"K7QF2-9XWM3-H4TPA", "not one of our"},
                        Case{"K7QF2/9XWM3", "letters"}, Case{"\xff", "letters"}}) {
    const auto r = k.read(c.typed, kToday, 1000);
    ASSERT_FALSE(r) << c.typed;
    EXPECT_EQ(r.error().code, Errc::bad_input);
    EXPECT_NE(r.error().text().find(c.says), std::string::npos) << r.error().text();
  }
}

TEST(Reference, LowBitsStandForTheNewestDayAndRevision) {
  const ReferenceKey k = key();
  const std::string text = k.make({SubscriberId{5}, Reason::permit, 255, kToday});
  EXPECT_EQ(k.read(text, kToday - 1, 255)->day, kToday);  // made by a clock one day ahead
  EXPECT_EQ(k.read(text, kToday + 4094, 256)->day, kToday);
  EXPECT_EQ(k.read(text, kToday, 256)->revision, 255U);
  EXPECT_EQ(k.read(text, kToday, 255 + 256)->revision, 255U + 256);
  EXPECT_EQ(k.read(text, kToday, 7)->revision, 255U);  // newer than we know of: the bits as they are
}

}  // namespace
}  // namespace postern::tables
