// SPDX-License-Identifier: Apache-2.0
#include "fold/mail_names.h"

#include <gtest/gtest.h>

namespace postern::fold {
namespace {

TEST(MailNames, WhichNamesAreMailServers) {
  EXPECT_NE(mail_name(kDnsMx, "example.net"), 0U);
  for (const char* name : {"smtp.example.net", "mx10.example.net", "mail2.example.net", "ns.example.net"}) {
    EXPECT_NE(mail_name(kDnsA, name), 0U) << name;
    EXPECT_EQ(mail_name(kDnsA, name), mail_name(kDnsAaaa, name)) << "both addresses are one name";
    EXPECT_NE(mail_name(kDnsA, name), mail_name(kDnsMx, name));
  }
  for (const char* name :
       {"example.net", "www.example.net", "mailbox.example.net", "mx", "smtp12", "mx1a.example.net", ""})
    EXPECT_EQ(mail_name(kDnsA, name), 0U) << name;
  EXPECT_EQ(mail_name(16, "mx.example.net"), 0U) << "TXT";
}

TEST(MailNames, ANameIsNewOncePerLine) {
  MailNames names(1 << 16);
  const uint64_t name = mail_name(kDnsMx, "example.net");
  const Time t{1'000'000};
  EXPECT_TRUE(names.first(1, name, t));
  EXPECT_FALSE(names.first(1, name, t + hours(1)));
  EXPECT_TRUE(names.first(2, name, t + hours(1)));
  EXPECT_TRUE(names.first(1, name, t + hours(60)));
}

TEST(Destinations, HidesFewAndInventsNone) {
  Destinations memory(hours(24), 1 << 20);
  const Time t{1'000'000};
  uint64_t hidden = 0;
  for (uint64_t i = 0; i < 100'000; ++i) hidden += memory.first(i % 1000, i * 0x9e3779b97f4a7c15ULL, t) ? 0 : 1;
  EXPECT_LT(hidden, 2'000U) << "ten bits a pair: 1 % at the end, less on the way";
  for (uint64_t i = 0; i < 100'000; ++i)
    ASSERT_FALSE(memory.first(i % 1000, i * 0x9e3779b97f4a7c15ULL, t + hours(11))) << i;
}

}  // namespace
}  // namespace postern::fold
