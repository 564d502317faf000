// SPDX-License-Identifier: Apache-2.0
#include "edge/garden/garden.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <thread>

#include "edge/garden/probes.h"
#include "sys/loop.h"
#include "tests/support/skip.h"
#include "wire/json.h"

namespace postern::edge::garden {
namespace {

constexpr Time kStart{seconds(1'795'370'400).us};
constexpr const char* kHeld = "198.51.100.7";
constexpr const char* kFree = "198.51.100.8";
constexpr const char* kPortal = "http://help.isp.example/mail/garden";

const page::Provider kProvider{.name = "Example Net",
                               .url = "https://help.isp.example/mail",
                               .contact = "help@isp.example",
                               .phone = "+49 30 1234",
                               .relay_host = "relay.isp.example"};

struct Asking {
  std::string method = "GET";
  sys::HttpHeaders headers;
  std::string body;
  const char* from = kHeld;
};

// The room with a table and a brain that know one line in the garden and one that is not.
class Bench {
 public:
  explicit Bench(uint32_t asks_per_min = 600, size_t addresses_max = 16'384)
      : garden_(
            {.provider = kProvider, .token_secret = {9}, .asks_per_min = asks_per_min, .addresses_max = addresses_max},
            [this](const IpAddress& a) { return to_string(a) == kHeld ? hold_ : model::Hold::none; },
            [this](const IpAddress& a, const std::function<void(Facts)>& told) {
              asked_.push_back(to_string(a));
              Facts f;
              f.known = true;
              if (to_string(a) == kHeld) {
                f.hold = hold_;
                f.since = kStart - hours(2);
                f.case_ = page::CaseFacts{.id = {12}, .summary = "40 mail servers in an hour"};
              }
              told(f);
            },
            [this](const IpAddress& a, model::CustomerStatus s, const std::function<void(bool)>& done) {
              said_.emplace_back(to_string(a), s);
              done(journal_works_);
            },
            [this] { return now_; }) {}

  sys::HttpRequest request(std::string url, Asking a) {
    sys::HttpRequest r{.method = std::move(a.method)};
    url.erase(0, std::string_view("http://").size());
    const size_t slash = std::min(url.find('/'), url.size());
    r.headers = std::move(a.headers);
    if (slash > 0) r.headers.emplace_back("host", url.substr(0, slash));
    r.path = url.substr(slash);
    const size_t question = r.path.find('?');
    if (question != std::string::npos) {
      r.query = r.path.substr(question + 1);
      r.path.resize(question);
    }
    r.body = std::move(a.body);
    r.peer = {*parse_ip(a.from), 1234};
    return r;
  }
  sys::HttpResponse steered(const std::string& url, Asking a = {}) {
    sys::HttpResponse got{.status = 0, .body = "", .headers = {}};
    garden_.steered(request(url, std::move(a)), [&](sys::HttpResponse r) { got = std::move(r); });
    return got;
  }
  sys::HttpResponse portal(const std::string& path, Asking a = {}) {
    sys::HttpResponse got{.status = 0, .body = "", .headers = {}};
    const bool ours =
        garden_.portal(request("http://x" + path, std::move(a)), [&](sys::HttpResponse r) { got = std::move(r); });
    EXPECT_EQ(ours, got.status != 0);
    return got;
  }
  static std::string header(const sys::HttpResponse& r, std::string_view name) {
    for (const auto& [n, value] : r.headers)
      if (n == name) return value;
    return {};
  }
  static std::string token_in(const std::string& page) {
    const std::string before = "name=\"token\" value=\"";
    const size_t at = page.find(before);
    return at == std::string::npos ? "" : page.substr(at + before.size(), 32);
  }

  Time now_ = kStart;
  model::Hold hold_ = model::Hold::garden;
  bool journal_works_ = true;
  std::vector<std::string> asked_;
  std::vector<std::pair<std::string, model::CustomerStatus>> said_;
  Garden garden_;
};

bool has(const sys::HttpResponse& r, std::string_view text) { return r.body.find(text) != std::string::npos; }

// What systems ask, and what makes each see a captive portal: 302 with a body that is not the expected one.
constexpr const char* kProbeUrls[] = {
    "http://captive.apple.com/hotspot-detect.html",
    "http://captive.apple.com/",
    "http://www.apple.com/library/test/success.html",
    "http://connectivitycheck.gstatic.com/generate_204",
    "http://clients3.google.com/generate_204",
    "http://www.google.com/gen_204",
    "http://www.msftconnecttest.com/connecttest.txt",
    "http://ipv6.msftconnecttest.com/connecttest.txt",
    "http://www.msftncsi.com/ncsi.txt",
    "http://detectportal.firefox.com/success.txt",
    "http://detectportal.firefox.com/canonical.html",
    "http://nmcheck.gnome.org/check_network_status.txt",
    "http://network-test.debian.org/nm",
    "http://fedoraproject.org/static/hotspot.txt",
    "http://connectivity-check.ubuntu.com/",
    "http://fireoscaptiveportal.com/generate_204",
};

TEST(Garden, EveryProbeSeesAPortal) {
  Bench b;
  for (const char* url : kProbeUrls) {
    const auto got = b.steered(url);
    EXPECT_EQ(got.status, 302) << url;
    EXPECT_EQ(Bench::header(got, "Location"), kPortal) << url;
    EXPECT_TRUE(has(got, kPortal)) << url;
    for (const char* success : {"Success", "Microsoft Connect Test", "NetworkManager is online", "success"})
      EXPECT_FALSE(has(got, success)) << url;
    EXPECT_GT(got.body.size(), 64U);  // NetworkManager takes less than it expects for a broken network
  }
  EXPECT_EQ(b.garden_.stats().probes, std::size(kProbeUrls));
}

TEST(Garden, AnythingElseIsLedToThePortal) {
  Bench b;
  EXPECT_EQ(Bench::header(b.steered("http://example.com/a/b?c=d"), "Location"), kPortal);
  EXPECT_EQ(b.steered("http://example.com/", {.method = "HEAD"}).status, 302);
  EXPECT_EQ(b.steered("http:///no-host").status, 302);
  EXPECT_EQ(b.steered("http://help.isp.example/other").status, 302);
  EXPECT_EQ(b.steered("http://evil.example/mail/garden").status, 302);  // the path under another name is not ours
  for (const char* method : {"POST", "PUT", "OPTIONS", "DELETE"}) {
    const auto got = b.steered("http://example.com/api", {.method = method});
    EXPECT_EQ(got.status, 511) << method;  // RFC 6585 section 6: with a link to where it can be mended
    EXPECT_TRUE(has(got, kPortal));
    EXPECT_EQ(Bench::header(got, "Location"), "");
  }
  EXPECT_EQ(b.garden_.stats().probes, 0U);
  EXPECT_TRUE(b.asked_.empty());  // nothing of this costs the brain anything
}

TEST(Garden, ThePortalShowsThePageOfTheLineThatAsks) {
  Bench b;
  for (const char* url : {"http://help.isp.example/mail/garden", "http://HELP.isp.example:80/mail/garden"}) {
    const auto got = b.steered(url);
    EXPECT_EQ(got.status, 200) << url;
    EXPECT_TRUE(has(got, "Your Internet access is paused"));
    EXPECT_TRUE(has(got, "Case 12"));
    EXPECT_TRUE(has(got, "action=\"/mail/garden\""));
  }
  EXPECT_TRUE(has(b.steered(kPortal, {.headers = {{"accept-language", "de-DE,de;q=0.9"}}}), "<html lang=\"de\""));
  // What the switch says goes before that, and stays.
  const auto english = b.portal("/garden?lang=en", {.headers = {{"accept-language", "de"}}});
  EXPECT_TRUE(has(english, "<html lang=\"en\""));
  EXPECT_TRUE(has(english, "action=\"/garden?lang=en\""));
  EXPECT_TRUE(has(b.portal("/mail/garden"), "Case 12"));
  EXPECT_TRUE(has(b.portal("/garden"), "Case 12"));  // a proxy cut the path off
  EXPECT_FALSE(has(b.portal("/garden", {.from = kFree}), "Case 12"));
  EXPECT_EQ(b.portal("/r/K7QF2").status, 0);
  EXPECT_EQ(b.portal("/garden/").status, 0);
  EXPECT_EQ(b.portal("/garden", {.method = "PUT"}).status, 405);
}

TEST(Garden, ALineThatIsOpenAgainNeverMeetsALoop) {
  Bench b;
  for (const model::Hold hold : {model::Hold::none, model::Hold::services}) {
    b.hold_ = hold;
    const auto got = b.steered("http://example.com/x");
    EXPECT_EQ(got.status, 503);
    EXPECT_TRUE(has(got, "Your connection is open again"));
    EXPECT_TRUE(has(got, "href=\"http://example.com/\""));
    EXPECT_EQ(Bench::header(got, "Location"), "");
    EXPECT_EQ(Bench::header(got, "Connection"), "close");
    EXPECT_EQ(b.steered("http://example.com/x", {.method = "POST"}).status, 503);
    EXPECT_EQ(b.steered(kPortal).status, 200);
  }
  // Systems are told what they hope for, so that the captive window closes.
  EXPECT_TRUE(has(b.steered("http://captive.apple.com/hotspot-detect.html"), "<BODY>Success</BODY>"));
  EXPECT_EQ(b.steered("http://connectivitycheck.gstatic.com/generate_204").status, 204);
  EXPECT_EQ(b.steered("http://www.msftconnecttest.com/connecttest.txt").body, "Microsoft Connect Test");
  EXPECT_EQ(Bench::header(b.steered("http://detectportal.firefox.com/success.txt"), "Connection"), "close");
}

TEST(Garden, HostileHostsAreNotWrittenBack) {
  Bench b;
  b.hold_ = model::Hold::none;
  const auto got = b.steered("http://x", {.headers = {{"host", "evil\"><script>"}}});
  EXPECT_EQ(got.status, 503);
  EXPECT_FALSE(has(got, "script>"));
  EXPECT_FALSE(has(got, "evil"));
  EXPECT_FALSE(has(b.steered("http://x/", {.headers = {{"host", std::string(300, 'a')}}}), "aaaa"));
}

TEST(Garden, ButtonsComeFromOurPageOnly) {
  Bench b;
  const std::string token = Bench::token_in(b.steered(kPortal).body);
  ASSERT_EQ(token.size(), 32U);
  const auto post = [&](sys::HttpHeaders headers, std::string body, const char* url = kPortal,
                        const char* from = kHeld) {
    return b.steered(url, {.method = "POST", .headers = std::move(headers), .body = std::move(body), .from = from});
  };
  EXPECT_EQ(post({{"sec-fetch-site", "cross-site"}}, "say=says_clean&token=" + token).status, 403);
  EXPECT_EQ(post({{"origin", "http://evil"}}, "say=says_clean&token=" + token).status, 403);
  EXPECT_EQ(post({{"origin", "null"}}, "say=says_clean").status, 403);
  EXPECT_EQ(post({}, "say=says_clean&token=" + token, kPortal, kFree).status, 403);
  EXPECT_EQ(post({}, "token=" + token).status, 403);
  EXPECT_EQ(post({}, "say=silent&token=" + token).status, 403);
  // A script of another site that runs from the browser's cache has that site's name, where the form does not count.
  EXPECT_EQ(post({}, "say=says_clean&token=" + token, "http://evil.example/mail/garden").status, 511);
  EXPECT_TRUE(b.said_.empty());
  const auto got = post({{"origin", "null"}}, "say=says_clean&token=" + token);
  EXPECT_EQ(got.status, 303);
  ASSERT_EQ(b.said_.size(), 1U);
  EXPECT_EQ(b.said_[0], std::pair(std::string(kHeld), model::CustomerStatus::says_clean));
  EXPECT_TRUE(has(b.steered("http://help.isp.example" + Bench::header(got, "Location")), "Thank you, that is noted."));
  EXPECT_FALSE(has(b.steered(std::string(kPortal) + "?noted=1"), "Thank you"));
  EXPECT_EQ(b.garden_.stats().foreign_post, 6U);
}

TEST(Garden, ThanksOnlyWhenItIsJournaled) {
  Bench b;
  b.journal_works_ = false;
  const auto got =
      b.portal("/garden", {.method = "POST", .headers = {{"sec-fetch-site", "same-origin"}}, .body = "say=wants_help"});
  EXPECT_EQ(got.status, 503);
  EXPECT_TRUE(has(got, "try again"));
  EXPECT_TRUE(has(got, "+49 30 1234"));
  EXPECT_EQ(b.garden_.stats().say_failed, 1U);
}

TEST(Garden, CaptiveApi) {
  Bench b;
  for (const bool held : {true, false}) {
    const auto got = b.portal("/captive-portal/api", {.from = held ? kHeld : kFree});
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.content_type, "application/captive+json");
    const auto json = wire::Json::parse(got.body, "answer");
    ASSERT_TRUE(json);
    ASSERT_NE((*json)["captive"].boolean(), nullptr);
    EXPECT_EQ(*(*json)["captive"].boolean(), held);
    EXPECT_EQ((*json)["user-portal-url"].text(), "https://help.isp.example/mail/garden");
    EXPECT_EQ((*json)["venue-info-url"].text(), "https://help.isp.example/mail");
  }
  EXPECT_EQ(b.portal("/mail/captive-portal/api", {.method = "HEAD"}).status, 200);
  EXPECT_EQ(b.portal("/captive-portal/api", {.method = "POST"}).status, 405);
  b.hold_ = model::Hold::services;
  EXPECT_TRUE(has(b.portal("/captive-portal/api"), "\"captive\":false"));
}

TEST(Garden, ALineIsSlowedDownAndNobodyElse) {
  Bench b(10, 2);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(b.steered("http://example.com/").status, 302);
  const auto refused = b.steered("http://example.com/");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(Bench::header(refused, "Retry-After"), "60");
  EXPECT_EQ(b.steered("http://example.com/", {.from = kFree}).status, 503);
  (void)b.steered("http://example.com/", {.from = "192.0.2.1"});
  EXPECT_EQ(b.garden_.stats().addresses_evicted, 1U);
  b.now_ = b.now_ + minutes(1);
  EXPECT_EQ(b.steered("http://example.com/").status, 302);
}

TEST(Garden, ThePortalsAddressIsPlainHttp) {
  const auto of = [](std::string url) { return portal_url_of({.name = "", .url = std::move(url)}); };
  EXPECT_EQ(of("https://help.isp.example"), "http://help.isp.example/garden");
  EXPECT_EQ(of("https://help.isp.example:8443/x"), "http://help.isp.example/x/garden");
  EXPECT_EQ(of("https://[2001:db8::1]"), "http://[2001:db8::1]/garden");
  EXPECT_EQ(of("https://[2001:db8::1]:8443"), "http://[2001:db8::1]/garden");
  EXPECT_EQ(of("http://203.0.113.10:8080"), "http://203.0.113.10:8080/garden");
}

// curl as a device in the garden: led to the portal, presses the button, is thanked.
TEST(Garden, CurlFollowsAndPresses) {
  if (std::system("command -v curl >/dev/null") != 0) PN_SKIP("curl is not installed");
  std::vector<model::CustomerStatus> said;
  Garden garden(
      {.provider = kProvider, .token_secret = {1}}, [](const IpAddress&) { return model::Hold::garden; },
      [](const IpAddress&, const std::function<void(Facts)>& told) {
        told({.known = true, .hold = model::Hold::garden, .case_ = page::CaseFacts{.id = {3}}});
      },
      [&](const IpAddress&, model::CustomerStatus s, const std::function<void(bool)>& done) {
        said.push_back(s);
        done(true);
      },
      [] { return kStart; });
  sys::Loop loop;
  auto socket = sys::listen_tcp(*parse_endpoint("127.0.0.1:0"), 16, false);
  ASSERT_TRUE(socket);
  const uint16_t port = sys::local_of(socket->get()).port;
  const auto server = sys::HttpServer::start(
      loop, std::move(*socket), {},
      [&](const sys::HttpRequest& r, const sys::HttpServer::Reply& reply) { garden.steered(r, reply); });
  ASSERT_TRUE(server);
  std::string out;
  std::atomic<bool> done = false;
  std::thread curl([&] {
    // Every name and port leads here, as the gate makes it.
    const std::string script = fmt::format(
        "unset http_proxy all_proxy ALL_PROXY; c='curl -sS --connect-to ::127.0.0.1:{}'; "
        "t=$($c -L http://example.com/news | sed -n 's/.*name=\"token\" value=\"\\([0-9a-f]*\\)\".*/\\1/p'); "
        "$c -L -w '%{{http_code}}' --data \"token=$t&say=says_clean\" {}",
        port, kPortal);
    FILE* pipe = ::popen(script.c_str(), "r");
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) out += static_cast<char>(c);
    ::pclose(pipe);
    done = true;
  });
  while (!done) loop.step(milliseconds(10));
  curl.join();
  EXPECT_TRUE(out.ends_with("200")) << out;
  EXPECT_NE(out.find("Thank you, that is noted."), std::string::npos) << out;
  EXPECT_EQ(said, std::vector{model::CustomerStatus::says_clean});
}

}  // namespace
}  // namespace postern::edge::garden
