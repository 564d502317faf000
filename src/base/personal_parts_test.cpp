// SPDX-License-Identifier: Apache-2.0
#include "base/personal_parts.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

struct Leaf {
  std::string name;
  Time at;
  PN_FIELDS(name, at)
};
struct Deep {
  uint32_t n = 0;
  std::vector<Leaf> leaves;
  std::optional<Personal<std::string>> secret;
  PN_FIELDS(n, leaves, secret)
};
struct Deeper {
  std::map<std::string, Deep> deep;
  PN_FIELDS(deep)
};

TEST(PersonalParts, AreFoundHoweverDeep) {
  Deeper d;
  EXPECT_FALSE(has_personal(d));
  d.deep["a"] = {.n = 1, .leaves = {{"x", {}}}, .secret = std::nullopt};
  EXPECT_FALSE(has_personal(d));
  d.deep["b"].secret.emplace();
  EXPECT_TRUE(has_personal(d));
  d.deep["b"].secret->erased = true;
  EXPECT_FALSE(has_personal(d)) << "what is erased needs no seal";
  const std::variant<std::monostate, Leaf, Deeper> body = d;
  EXPECT_FALSE(has_personal(body));
}

}  // namespace
}  // namespace postern
