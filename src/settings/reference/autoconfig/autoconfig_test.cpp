// SPDX-License-Identifier: Apache-2.0
#include "settings/reference/autoconfig/autoconfig.h"

#include <gtest/gtest.h>

namespace postern::settings {
namespace {

Settings settings() {
  Settings s;
  s.provider.name = "Example & Sons <ISP>";
  s.provider.url = "https://help.isp.example:8443/mail";
  s.provider.relay_host = "smtp.isp.example";
  s.autoconfig.domains = {"isp.example", "home.example"};
  s.autoconfig.imap_host = "imap.isp.example";
  return s;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Autoconfig, WithoutADomainThereIsNothing) {
  Settings s = settings();
  s.autoconfig.domains.clear();
  EXPECT_EQ(mozilla_config(s), "");
  EXPECT_EQ(srv_records(s), "");
}

TEST(Autoconfig, OffersOnlyWhatIsUnderTls) {
  const std::string xml = mozilla_config(settings());
  EXPECT_TRUE(has(xml, "<port>465</port>\n      <socketType>SSL</socketType>")) << xml;
  EXPECT_TRUE(has(xml, "<port>587</port>\n      <socketType>STARTTLS</socketType>"));
  EXPECT_LT(xml.find("<port>465"), xml.find("<port>587")) << "TLS from the first octet comes first";
  EXPECT_FALSE(has(xml, "plain"));
  EXPECT_FALSE(has(xml, "pop3")) << "what is not there is not offered";
  EXPECT_TRUE(has(xml, "<domain>home.example</domain>"));
  EXPECT_TRUE(has(xml, "%EMAILADDRESS%"));
}

TEST(Autoconfig, AProvidersNameIsTextAndNoMarkup) {
  EXPECT_TRUE(has(mozilla_config(settings()), "<displayName>Example &amp; Sons &lt;ISP&gt;</displayName>"));
}

TEST(Autoconfig, SignsInWithWhatTheSettingsSay) {
  Settings s = settings();
  s.autoconfig.sign_in = SignInName::local_part;
  s.autoconfig.pop_host = "pop.isp.example";
  const std::string xml = mozilla_config(s);
  EXPECT_TRUE(has(xml, "%EMAILLOCALPART%"));
  EXPECT_FALSE(has(xml, "%EMAILADDRESS%"));
  EXPECT_TRUE(has(xml, "type=\"pop3\""));
}

TEST(Autoconfig, RecordsOfEachDomain) {
  const std::string zone = srv_records(settings());
  for (const char* line :
       {"_submissions._tcp.isp.example. 3600 IN SRV 0 1 465 smtp.isp.example.\n",
        "_submission._tcp.isp.example. 3600 IN SRV 10 1 587 smtp.isp.example.\n",
        "_imaps._tcp.home.example. 3600 IN SRV 0 1 993 imap.isp.example.\n",
        "_imap._tcp.home.example. 3600 IN SRV 0 0 0 .\n", "_pop3s._tcp.isp.example. 3600 IN SRV 0 0 0 .\n",
        "autoconfig.home.example. 3600 IN CNAME help.isp.example.\n"})
    EXPECT_TRUE(has(zone, line)) << line << zone;
}

}  // namespace
}  // namespace postern::settings
