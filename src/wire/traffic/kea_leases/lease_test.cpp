// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/kea_leases/lease.h"

#include <gtest/gtest.h>

namespace postern::wire {
namespace {

constexpr const char* kFour =
    "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context";
constexpr const char* kSix =
    "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,hostname,"
    "hwaddr,state,user_context,hwtype,hwaddr_source";

std::string text_of(const Bytes& octets) { return {reinterpret_cast<const char*>(octets.data()), octets.size()}; }

class Lines : public testing::Test {
 protected:
  void begin(bool v6) {
    lines_ = std::make_unique<KeaLeaseLines>(v6);
    EXPECT_FALSE(lines_->line(v6 ? kSix : kFour).value());
  }
  KeaLease lease(const std::string& line) {
    const auto out = lines_->line(line);
    if (!out || !*out) {
      ADD_FAILURE() << line;
      return {};
    }
    return **out;
  }
  void fails(const std::string& line, KeaFault why) {
    const auto out = lines_->line(line);
    ASSERT_FALSE(out) << line;
    EXPECT_EQ(out.error(), why) << line << ": " << to_string(out.error());
  }

  std::unique_ptr<KeaLeaseLines> lines_;
};

TEST_F(Lines, AnAddressWithRelayInformation) {
  begin(false);
  const KeaLease l = lease(
      "198.51.100.10,02:00:5e:10:00:01,01:02:00:5e:10:00:01,3600,1764288000,1,0,0,host,0,"
      "{ \"ISC\": { \"relay-agent-info\": \"0x0104706f727402026331\" } }\r");
  EXPECT_EQ(l.state, KeaState::held);
  EXPECT_EQ(to_string(l.prefix), "198.51.100.10/32");
  EXPECT_EQ(l.at.unix_seconds(), 1'764'284'400);
  EXPECT_EQ(l.lifetime, hours(1));
  EXPECT_EQ(text_of(l.circuit), "port");
  EXPECT_EQ(text_of(l.remote), "c1");
  EXPECT_EQ(l.client.size(), 7U);
  EXPECT_EQ(l.hw.size(), 6U);
}

TEST_F(Lines, NewerServersPutTheRelaysWordIntoAnObject) {
  begin(false);
  const KeaLease l = lease(
      "198.51.100.10,02:00:5e:10:00:01,,3600,1764288000,1,0,0,,0,"
      "{ \"ISC\": { \"relay-agent-info\": { \"sub-options\": \"0x02026331\"&#x2c \"remote-id\": \"6331\" } } }");
  EXPECT_EQ(text_of(l.remote), "c1");
  EXPECT_EQ(lines_->contexts_unread(), 0U);
}

TEST_F(Lines, HowALeaseEnds) {
  begin(false);
  EXPECT_EQ(lease("198.51.100.10,02:00:5e:10:00:01,,0,1764284400,1,0,0,,0,").state, KeaState::gone);
  EXPECT_EQ(lease("198.51.100.10,,,86400,1764370800,1,0,0,,1,").state, KeaState::declined);
  EXPECT_EQ(lease("198.51.100.10,02:00:5e:10:00:01,,3600,1764288000,1,0,0,,2,").state, KeaState::expired);
}

TEST_F(Lines, AddressesAndDelegatedPrefixes) {
  begin(true);
  const KeaLease na = lease(
      "2001:db8:1000::1000,00:03:00:01:02:00:5e:10:00:01,4000,1764288400,1,3000,0,1,128,0,0,,02:00:5e:10:00:01,0,"
      "{ \"ISC\": { \"relays\": [ { \"hop\": 1&#x2c \"options\": \"0x00120002aabb\" }&#x2c { \"hop\": 0&#x2c "
      "\"options\": \"0x001200047074303100250006000009bf6331\" } ] } },1,16");
  EXPECT_EQ(to_string(na.prefix), "2001:db8:1000::1000/128");
  EXPECT_EQ(text_of(na.circuit), "pt01") << "the relay next to the client";
  EXPECT_EQ(text_of(na.remote), "c1") << "without the enterprise number";
  const KeaLease pd =
      lease("2001:db8:2000::,00:03:00:01:02:00:5e:10:00:01,4294967295,6059255695,1,3000,2,1,56,0,0,,,0,,,");
  EXPECT_EQ(to_string(pd.prefix), "2001:db8:2000::/56");
  EXPECT_EQ(pd.lifetime, Duration{}) << "for ever";
  EXPECT_FALSE(lines_->line("2001:db8::9,00:03,1,2,1,1,1,1,128,0,0,,,0,,,").value()) << "a temporary address";
}

TEST_F(Lines, WhatIsNoLeaseSaysWhy) {
  begin(false);
  fails("198.51.100.10,02", KeaFault::fields);
  fails("198.51.100.300,02:00:5e:10:00:01,,3600,1764288000,1,0,0,,0,", KeaFault::address);
  fails("2001:db8::1,02:00:5e:10:00:01,,3600,1764288000,1,0,0,,0,", KeaFault::address);
  fails("198.51.100.10,02:00:5e:10:00:01,,-1,1764288000,1,0,0,,0,", KeaFault::number);
  fails("198.51.100.10,02:00:5e:10:00:01,,3600,99999999999999,1,0,0,,0,", KeaFault::number);
  fails("198.51.100.10,02:00:5e:10:00:0,,3600,1764288000,1,0,0,,0,", KeaFault::name);
  fails(std::string(KeaLeaseLines::kLineMax + 1, 'x'), KeaFault::too_long);
  fails(std::string(100, ','), KeaFault::fields);
  EXPECT_TRUE(lease("198.51.100.10,02:00:5e:10:00:01,,3600,1764288000,1,0,0,,0,{ \"ISC\"").circuit.empty());
  EXPECT_EQ(lines_->contexts_unread(), 1U);
}

TEST_F(Lines, NothingBeforeTheHeader) {
  lines_ = std::make_unique<KeaLeaseLines>(false);
  fails("198.51.100.10,02:00:5e:10:00:01,,3600,1764288000,1,0,0,,0,", KeaFault::header);
  fails("address,hwaddr", KeaFault::header);
}

}  // namespace
}  // namespace postern::wire
