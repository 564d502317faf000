// SPDX-License-Identifier: Apache-2.0
#include "act/webhook/webhook.h"

#include <gtest/gtest.h>

namespace postern::act::webhook {
namespace {

// Made with: printf '%s' 'notice-1.1700000000.{}' | openssl dgst -sha256 -hmac secret -binary | base64
TEST(Webhook, TheSignatureIsThatOfOpenssl) {
  EXPECT_EQ(signature_of("notice-1", 1'700'000'000, "{}", "secret"), "v1,Fo/yijKeaMMvurvsEhwXU0lkiuTD599D34PTiR7psOA=");
}

TEST(Webhook, TheSecretIsBase64BehindAMark) {
  EXPECT_EQ(key_of("whsec_c2VjcmV0").value_or(""), "secret");
  EXPECT_EQ(key_of("c2VjcmV0").value_or(""), "secret");
  EXPECT_EQ(key_of("whsec_c2VjcmU=").value_or(""), "secre");
  for (const char* bad : {"", "whsec_", "a passphrase", "c2VjcmV", "c2Vj*mV0"}) EXPECT_FALSE(key_of(bad)) << bad;
}

}  // namespace
}  // namespace postern::act::webhook
