// SPDX-License-Identifier: Apache-2.0
#include "edge/autoconfig/autoconfig.h"

#include <gtest/gtest.h>
#include <optional>

namespace postern::edge::autoconfig {
namespace {

std::optional<sys::HttpResponse> ask(Autoconfig& room, std::string method, std::string path) {
  std::optional<sys::HttpResponse> got;
  const sys::HttpRequest request{
      .method = std::move(method), .path = std::move(path), .query = "emailaddress=a%40b.example"};
  const bool mine = room.handle(request, [&](sys::HttpResponse r) { got = std::move(r); });
  EXPECT_EQ(mine, got.has_value());
  return got;
}

TEST(Autoconfig, ServesBothPathsAndNothingElse) {
  Autoconfig room("<clientConfig/>");
  for (const char* path : {"/mail/config-v1.1.xml", "/.well-known/autoconfig/mail/config-v1.1.xml"}) {
    const auto got = ask(room, "GET", path);
    ASSERT_TRUE(got) << path;
    EXPECT_EQ(got->status, 200);
    EXPECT_EQ(got->content_type, "text/xml; charset=utf-8");
    EXPECT_EQ(got->body, "<clientConfig/>");
    EXPECT_EQ(ask(room, "POST", path)->status, 405);
  }
  EXPECT_FALSE(ask(room, "GET", "/"));
  EXPECT_FALSE(ask(room, "GET", "/mail/config-v1.1.xml/x"));
  EXPECT_EQ(room.served(), 2U);
}

TEST(Autoconfig, WithoutSettingsThereIsNothing) {
  Autoconfig room("");
  EXPECT_FALSE(ask(room, "GET", "/mail/config-v1.1.xml"));
}

}  // namespace
}  // namespace postern::edge::autoconfig
