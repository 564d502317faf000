// SPDX-License-Identifier: Apache-2.0
#include "rehearse/accounts/accounts.h"

#include <gtest/gtest.h>
#include <map>

#include "base/codec.h"

namespace postern::rehearse {
namespace {

TEST(Accounts, OfOneSeedIsOneHistoryInOrderOfTime) {
  const AccountsConfig config{.seed = 7, .accounts = 200, .length = days(10), .thieves = 4};
  Bytes first;
  for (int round = 0; round < 2; ++round) {
    Accounts all(config);
    Bytes bytes;
    Encoder encoder(bytes);
    Time last;
    AccountEvent e;
    size_t n = 0;
    while (all.next(e)) {
      EXPECT_LE(last, e.at);
      last = e.at;
      encoder.put(e.at);
      encoder.put(e.what);
      ++n;
    }
    EXPECT_GT(n, 2'000U);
    if (round == 0) {
      first = bytes;
    } else {
      EXPECT_EQ(first, bytes);
    }
  }
}

TEST(Accounts, ThievesSendAllTheyHaveAndMostOfItToStrangers) {
  Accounts all({.seed = 3, .accounts = 300, .length = days(20), .thieves = 20});
  std::map<uint32_t, uint32_t> recipients;
  uint64_t theirs = 0;
  uint64_t theirs_new = 0;
  uint64_t owners = 0;
  uint64_t owners_new = 0;
  AccountEvent e;
  while (all.next(e)) {
    if (e.thief) recipients[e.which] += e.what.recipients;
    (e.thief ? theirs : owners) += e.what.recipients;
    (e.thief ? theirs_new : owners_new) += e.what.new_recipients;
  }
  EXPECT_EQ(recipients.size(), 20U);
  EXPECT_GT(theirs_new * 10, theirs * 2);  // the memory is full at some hundred
  EXPECT_LT(owners_new * 5, owners * 2);
}

TEST(Accounts, PlacesAreAsFarApartAsCountries) {
  const auto a = place_of('D' << 8 | 'E', 1).km;
  const auto b = place_of('V' << 8 | 'N', 2).km;
  int64_t squares = 0;
  for (size_t i = 0; i < 3; ++i) squares += int64_t{a[i] - b[i]} * (a[i] - b[i]);
  EXPECT_GT(squares, int64_t{7'000} * 7'000);
  EXPECT_LT(squares, int64_t{9'000} * 9'000);
}

}  // namespace
}  // namespace postern::rehearse
