// SPDX-License-Identifier: Apache-2.0
#include "sys/udp.h"

#include <gtest/gtest.h>

#include "sys/fd.h"

namespace postern::sys {
namespace {

void there_and_back(const char* wildcard, const char* asked, const char* client_at) {
  const auto server = bind_udp(*parse_endpoint(wildcard));
  const auto client = bind_udp(*parse_endpoint(client_at));
  ASSERT_TRUE(server && client);
  ASSERT_TRUE(want_destination(server->get()));
  const Endpoint to{*parse_ip(asked), local_of(server->get()).port};
  ASSERT_TRUE(send(client->get(), {}, to, Bytes(5, std::byte{7})));
  Bytes buffer(4);
  const auto got = receive(server->get(), buffer);
  ASSERT_TRUE(got && *got);
  EXPECT_EQ((*got)->to, to.address);
  EXPECT_EQ((*got)->from, local_of(client->get()));
  EXPECT_EQ((*got)->octets, 4U);
  EXPECT_TRUE((*got)->cut);
  ASSERT_TRUE(send(server->get(), (*got)->to, (*got)->from, Bytes(1)));
  const auto back = receive(client->get(), buffer);
  ASSERT_TRUE(back && *back);
  EXPECT_EQ((*back)->from, to);
  EXPECT_FALSE((*back)->cut);
  const auto nothing = receive(client->get(), buffer);
  EXPECT_TRUE(nothing && !*nothing);
}

TEST(Udp, AnswersLeaveFromTheAddressThatWasAsked) {
  there_and_back("0.0.0.0:0", "127.0.0.3", "127.0.0.1:0");
  there_and_back("[::]:0", "::1", "[::1]:0");
}

}  // namespace
}  // namespace postern::sys
