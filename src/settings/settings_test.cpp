// SPDX-License-Identifier: Apache-2.0
#include "settings/settings.h"

#include <array>
#include <gtest/gtest.h>

namespace postern::settings {
namespace {

constexpr std::array<std::string_view, 3> kDetectors{"novelty", "outcome", "witness"};

// The least a file must say; tests add to it or break it.
constexpr std::string_view kLeast = R"(
[provider]
name = "Example ISP"
url = "https://mail-help.isp.example"
contact = "abuse@isp.example"
relay = ["203.0.113.25", "2001:db8:25::25"]

[network]
subscriber_prefixes = ["198.51.100.0/24", "2001:db8:1000::/36"]
subscriber_interfaces = ["sub*"]
uplink_interfaces = ["up0"]
)";

Loaded load(const std::string& text) { return load_text(text, "postern.toml", kDetectors); }

TEST(Settings, LeastFileHasDefaults) {
  const Loaded s = load(std::string(kLeast));
  ASSERT_TRUE(s) << text_of(s.error());
  EXPECT_EQ(s->provider.name, "Example ISP");
  EXPECT_EQ(to_string(s->provider.relay.at(1)), "2001:db8:25::25/128");
  EXPECT_EQ(s->gate.pin_dir, "/sys/fs/bpf/postern");
  EXPECT_EQ(to_string(s->explainer.listen6), "[::1]:2525");
  EXPECT_EQ(s->radius_acct.interim_interval, minutes(10));
  const model::Policy policy = s->policy();
  EXPECT_EQ(policy.classes.size(), 2U);
  EXPECT_EQ(policy.classes.at("unknown").verdict, model::Verdict::explain);
  EXPECT_EQ(policy.default_class, "residential");
  EXPECT_EQ(policy.case_score_mnat, 9200);
  EXPECT_EQ(policy.relay, s->provider.relay);
}

TEST(Settings, ReadsEveryKindOfSection) {
  const Loaded s = load(std::string(kLeast) + R"(dark = ["192.0.2.128/25"]
[class.business]
verdict = "limited"
connections_per_min = 60
networks_per_hour = 40
networks_burst = 10
destination_memory = "30d"
[radius_acct]
listen = ["203.0.113.20:1813", "[2001:db8::20]:1813"]
interim_interval = "5m"
[[radius_acct.client]]
address = "203.0.113.1"
secret_file = "/etc/postern/a.secret"
[[radius_acct.client]]
address = "2001:db8:1::/64"
secret_file = "/etc/postern/b.secret"
[detect.novelty]
mode = "shadow"
[casework]
case_score = 11.5
[gate]
fwmark = 0x10
guard = false
[explainer]
listen6 = ""
)");
  ASSERT_TRUE(s) << text_of(s.error());
  const model::ClassPolicy business = s->policy().classes.at("business");
  EXPECT_EQ(business.verdict, model::Verdict::limited);
  EXPECT_EQ(business.limits, (model::Limits{60, 60, 40, 10}));
  EXPECT_EQ(business.destination_memory, days(30));
  EXPECT_EQ(s->radius_acct.clients.at(1).secret_file, "/etc/postern/b.secret");
  EXPECT_EQ(s->policy().detectors.at("novelty"), model::Mode::shadow);
  EXPECT_EQ(s->policy().case_score_mnat, 11'500);
  EXPECT_EQ(s->gate.fwmark, 16U);
  EXPECT_FALSE(s->gate.guard);
  EXPECT_FALSE(s->explainer.listen6.address);
}

}  // namespace
}  // namespace postern::settings
