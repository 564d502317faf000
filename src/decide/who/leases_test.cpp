// SPDX-License-Identifier: Apache-2.0
// Leases beside RADIUS sessions and fixed prefixes: what a lease may say, and what it never may.
#include <gtest/gtest.h>

#include "decide/who/accounting.h"
#include "decide/who/subscribers.h"

namespace postern::decide::who {
namespace {

constexpr Time kBegin{1'767'225'600'000'000};
constexpr Duration kLease = hours(1);

Time at(int64_t second) { return kBegin + seconds(second); }
IpAddress ip(const char* text) { return parse_ip(text).value(); }

class Leases : public testing::Test {
 protected:
  void lease(const char* line, int64_t second, const char* prefix = "192.0.2.1", Duration lasts = kLease) {
    accounting().lease({.ended = false,
                        .server = "kea",
                        .prefix = parse_prefix(prefix).value(),
                        .names = {std::string("circuit:") + line},
                        .lease = lasts,
                        .heard = at(second)},
                       line, at(second));
  }
  // The lease that the client was heard of last at `heard`.
  void ended(const char* line, int64_t heard, int64_t second) {
    accounting().lease({.ended = true,
                        .server = "kea",
                        .prefix = parse_prefix("192.0.2.1").value(),
                        .names = {},
                        .lease = {},
                        .heard = at(heard)},
                       line, at(second));
  }
  void radius(model::SessionEventKind kind, const char* line, int64_t second, const char* prefix = "192.0.2.1") {
    accounting().event({.kind = kind,
                        .nas = "bng1",
                        .session_key = std::string("s-") + line,
                        .line_key = line,
                        .access = {},
                        .class_name = {},
                        .prefixes = {parse_prefix(prefix).value()}},
                       at(second));
  }
  void run_out(int64_t second) {
    for (const model::SessionId id : book_.run_out(at(second)))
      accounting().end(id, lease_end(book_.live(id)->session), model::SessionEnd::expired);
  }
  [[nodiscard]] std::string who(int64_t second, const char* address = "192.0.2.1") const {
    const Answer a = book_.who(ip(address), at(second), {skew_, minutes(10)});
    if (a.kind == Attribution::nobody) return "nobody";
    if (a.kind == Attribution::ambiguous) return "ambiguous";
    return a.sessions[0].line_key + (a.confidence == Confidence::certain ? "" : "?");
  }
  [[nodiscard]] size_t live() const { return book_.all_live().size(); }
  [[nodiscard]] Accounting accounting() {
    return {book_,
            memory_,
            counters_,
            {.change =
                 [this](const model::Session& s) {
                   ++records_;
                   book_.apply(s, std::max(s.heard, s.until));
                 },
             .subscriber_of = [this](const std::string& key) { return key == "a" ? model::SubscriberId{1} : other_; }},
            skew_};
  }

  Book book_;
  Memory memory_;
  Counters counters_;
  Duration skew_;
  model::SubscriberId other_;
  size_t records_ = 0;
};

TEST_F(Leases, ALeaseIsASessionUntilItRunsOut) {
  lease("a", 0);
  lease("a", 1'800);  // renewed: heard, no record
  EXPECT_EQ(records_, 1U);
  EXPECT_EQ(counters_.session_duplicates, 1U);
  EXPECT_EQ(who(1'000), "a");
  EXPECT_EQ(who(3'000), "a?") << "it was last heard of before";
  run_out(3'601);
  EXPECT_EQ(live(), 1U) << "it was renewed";
  run_out(5'401);
  EXPECT_EQ(live(), 0U);
  EXPECT_EQ(who(5'399), "a") << "the server said how long";
  EXPECT_EQ(who(5'400), "nobody");
  EXPECT_EQ(who(-1), "nobody");
}

TEST_F(Leases, ReleaseAndTheNextOneWhoGetsTheAddress) {
  lease("a", 0);
  ended("a", 0, 100);
  EXPECT_EQ(who(99), "a");
  EXPECT_EQ(who(100), "nobody");
  lease("b", 200);
  EXPECT_EQ(who(200), "b");
  lease("c", 300);  // nobody said that b gave it up
  EXPECT_EQ(who(299), "b?");
  EXPECT_EQ(who(300), "c");
  EXPECT_EQ(live(), 1U);
}

TEST_F(Leases, FilesThatAreReadAgainChangeNothing) {
  const auto file = [this] {
    lease("a", 0);
    ended("a", 0, 100);
    lease("b", 200);
    lease("b", 2'000);
    lease("c", 3'000, "2001:db8::/56");
  };
  file();
  const size_t once = records_;
  for (int times = 0; times < 3; ++times) file();
  EXPECT_EQ(records_, once);
  EXPECT_EQ(who(50), "a");
  EXPECT_EQ(who(2'000), "b");
  EXPECT_EQ(who(3'000, "2001:db8::77"), "c");
}

TEST_F(Leases, AReleaseEndsTheLeaseOfItsTimeAndNoLaterOne) {
  lease("a", 0);
  lease("a", 1'800);
  ended("a", 0, 9'999);
  EXPECT_EQ(live(), 1U) << "it was renewed since";
  // The first line of a file: nothing in it says that time has passed since the client was heard of.
  ended("a", 1'800, 1'800);
  EXPECT_EQ(live(), 0U);
  EXPECT_EQ(who(1'799), "a");
  EXPECT_EQ(who(1'800), "nobody");
}

TEST_F(Leases, RadiusIsTrueWhicheverIsHeardFirst) {
  radius(model::SessionEventKind::start, "b", 0);
  lease("a", 10);
  EXPECT_EQ(who(20), "b?");
  EXPECT_EQ(counters_.leases_below, 1U);
  radius(model::SessionEventKind::stop, "b", 100);
  EXPECT_EQ(who(200), "nobody");
  lease("a", 1'810);  // renewed
  EXPECT_EQ(who(1'810), "a");
  radius(model::SessionEventKind::start, "b", 2'000);
  EXPECT_EQ(who(1'999), "a?");
  EXPECT_EQ(who(2'000), "b");
  radius(model::SessionEventKind::interim, "b", 2'600);
  lease("a", 2'700);
  EXPECT_EQ(who(2'300), "b");
  EXPECT_EQ(live(), 1U);
}

TEST_F(Leases, ALateRadiusStartEndsALeaseThatBeganAfterIt) {
  lease("a", 50);
  EXPECT_EQ(who(60), "a?");
  radius(model::SessionEventKind::start, "b", 10);
  radius(model::SessionEventKind::interim, "b", 100);
  EXPECT_EQ(who(60), "b");
  EXPECT_EQ(who(20), "b");
  EXPECT_EQ(live(), 1U);
}

TEST_F(Leases, TheLinesOwnLeaseStandsBesideItsRadiusSession) {
  radius(model::SessionEventKind::start, "a", 0);
  lease("a", 10, "2001:db8:1::/56");
  lease("a", 10);
  EXPECT_EQ(live(), 3U);
  EXPECT_EQ(counters_.leases_below, 0U);
  EXPECT_EQ(who(10, "2001:db8:1::1"), "a");
  radius(model::SessionEventKind::stop, "a", 100);
  EXPECT_EQ(who(200), "a?") << "DHCP still says so";
}

TEST_F(Leases, FixedPrefixesStandAboveLeases) {
  lease("b", 0);
  model::Subscriber s{.id = {1},
                      .key = "a",
                      .class_name = {},
                      .contact = {},
                      .fixed = {parse_prefix("192.0.2.1").value()},
                      .access = {},
                      .accounts = {},
                      .leases = {}};
  EXPECT_TRUE(accounting().sync_fixed(s, at(10), false));
  EXPECT_EQ(who(20), "a");
  lease("b", 1'800);
  EXPECT_EQ(who(1'900), "a");
  EXPECT_EQ(live(), 1U);
}

TEST_F(Leases, NearAChangeOfHandsNobodyIsNamed) {
  skew_ = seconds(2);
  radius(model::SessionEventKind::start, "b", 0);
  radius(model::SessionEventKind::stop, "b", 1'000);
  lease("a", 1'001);
  lease("a", 2'000);
  EXPECT_EQ(who(900), "b");
  EXPECT_EQ(who(998), "ambiguous");
  EXPECT_EQ(who(1'003), "ambiguous");
  EXPECT_EQ(who(1'010), "a");
}

TEST_F(Leases, OneThatLastsForWeeksIsNotTooOld) {
  radius(model::SessionEventKind::start, "z", 0, "192.0.2.9");
  lease("a", -days(20).seconds(), "192.0.2.1", days(30));
  lease("b", -days(20).seconds(), "192.0.2.2", days(10));
  lease("c", -days(20).seconds(), "192.0.2.3", {});
  EXPECT_EQ(who(1), "a?");
  EXPECT_EQ(who(1, "192.0.2.2"), "nobody") << "that was over long ago";
  EXPECT_EQ(who(1, "192.0.2.3"), "c?") << "for ever";
}

TEST_F(Leases, ARenewalThatIsHeardAfterItsEndGoesOn) {
  lease("a", 0);
  run_out(3'700);
  EXPECT_EQ(who(3'650), "nobody");
  lease("a", 1'800);  // what we were deaf to
  EXPECT_EQ(who(3'650), "a?");
  EXPECT_EQ(who(1'000), "a");
}

TEST(LeaseNames, WhoseTheyAre) {
  Subscribers book;
  model::Subscriber one;
  one.id = {1};
  one.key = "cust-1";
  one.leases.value = {"circuit:olt/1", "hw:02:00:5e:10:00:01"};
  model::Subscriber two;
  two.id = {2};
  two.key = "cust-2";
  book.apply(one);
  book.apply(two);
  const auto key = [&](std::vector<std::string> names) {
    const model::Subscriber* s = book.of_lease(names);
    return s == nullptr ? "" : s->key;
  };
  EXPECT_EQ(key({"circuit:olt/1"}), "cust-1");
  EXPECT_EQ(key({"circuit:olt/9", "hw:02:00:5e:10:00:01"}), "cust-1");
  EXPECT_EQ(key({"remote:cust-2"}), "cust-2") << "the network wrote the key itself";
  EXPECT_EQ(key({"client:cust-2"}), "") << "the customer's device could";
  two.leases.value = {"circuit:olt/1"};
  book.apply(two);
  EXPECT_EQ(key({"circuit:olt/1", "hw:02:00:5e:10:00:01"}), "") << "two claim it";
  book.erase({1});
  EXPECT_EQ(key({"circuit:olt/1"}), "cust-2");
}

}  // namespace
}  // namespace postern::decide::who
