// SPDX-License-Identifier: Apache-2.0
#include "edge/notice/notice.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <thread>

#include "sys/loop.h"
#include "tests/support/skip.h"

namespace postern::edge::notice {
namespace {

constexpr Time kStart{seconds(1'795'370'400).us};

// The room with a brain that knows one line, 7, on 198.51.100.7.
class Bench {
 public:
  Bench() : Bench(16'384) {}
  explicit Bench(size_t addresses_max) {
    notice_ = std::make_unique<Notice>(
        Config{.provider = {.name = "Example Net",
                            .url = "http://x",
                            .contact = "help@example.net",
                            .phone = "",
                            .relay_host = ""},
               .class_names = {{"home", {{"de", "Privatanschluss"}}}},
               .token_secret = {9},
               .addresses_max = addresses_max},
        key_,
        [this](const Question& q, const std::function<void(Facts)>& answer) {
          ++asked_;
          Facts f{.known = q.reference.line.value == 7};
          f.own_session = f.known && to_string(q.asker) == "198.51.100.7";
          f.class_name = class_name_;
          f.blocked_today = 42;
          f.confirmed_at = confirmed_at_;
          f.case_ = case_;
          answer(f);
        },
        [this](const model::PageConfirmed& c, const std::function<void(bool)>& done) {
          confirmed_.push_back(c);
          done(journal_works_);
        },
        [this](const IpAddress& from, model::CustomerStatus said, const std::function<void(bool)>& done) {
          said_.emplace_back(to_string(from), said);
          done(journal_works_);
        },
        [this] { return now_; }, [] { return 3U; });
  }
  sys::HttpResponse ask(std::string path, std::string method = "GET", sys::HttpHeaders headers = {},
                        std::string body = "", const char* from = "198.51.100.7") {
    sys::HttpResponse got{.status = 0, .body = "", .headers = {}};
    sys::HttpRequest r{.method = std::move(method), .path = std::move(path)};
    const size_t question = r.path.find('?');
    if (question != std::string::npos) {
      r.query = r.path.substr(question + 1);
      r.path.resize(question);
    }
    r.headers = std::move(headers);
    r.body = std::move(body);
    r.peer = {*parse_ip(from), 1234};
    notice_->handle(std::move(r), [&](sys::HttpResponse response) { got = std::move(response); });
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

  const std::array<uint8_t, 32> secret_{1, 2, 3};
  const tables::ReferenceKey key_{secret_};
  Time now_ = kStart;
  Time confirmed_at_;
  bool journal_works_ = true;
  int asked_ = 0;
  std::vector<model::PageConfirmed> confirmed_;
  std::string class_name_ = "home";
  std::optional<page::CaseFacts> case_;
  std::vector<std::pair<std::string, model::CustomerStatus>> said_;
  const std::string reference_ =
      key_.make({.line = {7}, .reason = model::Reason::class_policy, .revision = 3, .day = kStart.unix_day()});
  const std::string path_ = "/r/" + reference_;
  std::unique_ptr<Notice> notice_;
};

bool has(const sys::HttpResponse& r, std::string_view text) { return r.body.find(text) != std::string::npos; }

TEST(Notice, ShowsMoreToTheLineThanToStrangers) {
  Bench b;
  const auto own = b.ask(b.path_);
  EXPECT_EQ(own.status, 200);
  EXPECT_TRUE(has(own, "<strong>42</strong> attempts"));
  EXPECT_NE(Bench::header(own, "Content-Security-Policy").find("sha256-"), std::string::npos);
  const auto other = b.ask(b.path_, "GET", {}, "", "192.0.2.1");
  EXPECT_EQ(other.status, 200);
  EXPECT_FALSE(has(other, "42</strong>"));
  EXPECT_EQ(b.notice_->stats().pages, 2U);
  EXPECT_EQ(b.notice_->stats().own_session, 1U);
}

TEST(Notice, TheSwitchOfLanguagesStays) {
  Bench b;
  const sys::HttpHeaders german{{"accept-language", "de-AT"}};
  EXPECT_TRUE(has(b.ask("/", "GET", german), "<html lang=\"de\""));
  EXPECT_TRUE(has(b.ask("/?lang=en", "GET", german), "<html lang=\"en\""));
  EXPECT_TRUE(has(b.ask("/?lang=xx", "GET", german), "<html lang=\"de\""));
  EXPECT_TRUE(has(b.ask("/?lang=de"), "<input type=\"hidden\" name=\"lang\" value=\"de\">"));
  EXPECT_EQ(Bench::header(b.ask("/r?lang=de&reference=" + b.reference_), "Location"), b.path_ + "?lang=de");
  EXPECT_EQ(Bench::header(b.ask("/r?lang=de&reference="), "Location"), "/?lang=de");
  const auto page = b.ask(b.path_ + "?lang=de");
  EXPECT_TRUE(has(page, "action=\"" + b.path_ + "?lang=de\""));
  const auto pressed = b.ask(b.path_ + "?lang=de", "POST", {}, "token=" + Bench::token_in(page.body));
  EXPECT_EQ(pressed.status, 303);
  EXPECT_TRUE(Bench::header(pressed, "Location").starts_with(b.path_ + "?lang=de&noted="));
}

TEST(Notice, AKindOfConnectionIsSaidInTheReadersLanguageOrNotAtAll) {
  Bench b;
  const sys::HttpHeaders german{{"accept-language", "de"}};
  EXPECT_TRUE(has(b.ask(b.path_, "GET", german), "Privatanschluss"));
  EXPECT_FALSE(has(b.ask(b.path_, "GET", german, "", "192.0.2.1"), "Privatanschluss"));
  EXPECT_FALSE(has(b.ask(b.path_), "Kind of connection"));
  b.class_name_ = "business";
  const auto unnamed = b.ask(b.path_, "GET", german);
  EXPECT_FALSE(has(unnamed, "business") || has(unnamed, "Art des Anschlusses"));
}

TEST(Notice, FindsWhatIsTyped) {
  Bench b;
  EXPECT_EQ(b.ask("/").status, 200);
  std::string typed = b.reference_;
  for (char& c : typed) c = c == '-' ? '+' : static_cast<char>(std::tolower(c));
  const auto found = b.ask("/r?x=1&reference=" + typed);
  EXPECT_EQ(found.status, 303);
  EXPECT_EQ(Bench::header(found, "Location"), b.path_);
  EXPECT_EQ(Bench::header(b.ask("/r?reference="), "Location"), "/");
  EXPECT_EQ(b.ask("/health").body, "ok\n");
  EXPECT_EQ(b.ask("/nothing").status, 404);
  EXPECT_EQ(b.ask("/", "DELETE").status, 405);
  EXPECT_EQ(b.ask("/", "POST").status, 405);
}

TEST(Notice, WrongReferencesAre404WithHelp) {
  Bench b;
  const auto wrong = b.ask("/r/K7QF2-<i>");
  EXPECT_EQ(wrong.status, 404);
  EXPECT_TRUE(has(wrong, "K7QF2-&lt;i&gt;"));
  EXPECT_TRUE(has(wrong, "help@example.net"));
  EXPECT_TRUE(has(wrong, "role=\"alert\""));
  EXPECT_EQ(b.ask("/r?reference=%3Cx").status, 404);
  EXPECT_EQ(b.asked_, 0);
}

TEST(Notice, GuessingIsSlowedDownPerAddress) {
  Bench b;
  int allowed = 0;
  while (b.ask("/r/AAAAA-AAAAA-AAAAA").status == 404) ++allowed;
  EXPECT_EQ(allowed, 12);
  const auto refused = b.ask(b.path_);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(Bench::header(refused, "Retry-After"), "60");
  EXPECT_EQ(b.ask(b.path_, "GET", {}, "", "192.0.2.1").status, 200);  // others are not
  b.now_ = b.now_ + minutes(1);
  EXPECT_EQ(b.ask(b.path_).status, 200);
}

TEST(Notice, AnIpv6NetworkIsOneAddress) {
  Bench b;
  int allowed = 0;
  while (b.ask("/r/AAAAA-AAAAA-AAAAA", "GET", {}, "", fmt::format("2001:db8::{:x}", allowed + 1).c_str()).status == 404)
    ++allowed;
  EXPECT_EQ(allowed, 12);
  EXPECT_EQ(b.ask("/r/A", "GET", {}, "", "2001:db8:0:1::1").status, 404);
}

TEST(Notice, TheTableOfAddressesIsBounded) {
  Bench b(3);
  for (int i = 1; i <= 5; ++i) (void)b.ask("/r/A", "GET", {}, "", fmt::format("192.0.2.{}", i).c_str());
  EXPECT_EQ(b.notice_->stats().addresses_evicted, 2U);
  b.now_ = b.now_ + hours(1);  // those that asked long ago may go without a word
  for (int i = 6; i <= 8; ++i) (void)b.ask("/r/A", "GET", {}, "", fmt::format("192.0.2.{}", i).c_str());
  EXPECT_EQ(b.notice_->stats().addresses_evicted, 2U);
}

TEST(Notice, TheButtonConfirmsFromOurPageOnly) {
  Bench b;
  const std::string token = Bench::token_in(b.ask(b.path_).body);
  ASSERT_EQ(token.size(), 32U);
  const auto post = [&](sys::HttpHeaders headers, const std::string& body, const char* from = "198.51.100.7") {
    return b.ask(b.path_, "POST", std::move(headers), body, from).status;
  };
  EXPECT_EQ(post({{"sec-fetch-site", "cross-site"}}, "token=" + token), 403);
  EXPECT_EQ(post({{"sec-fetch-site", "none"}}, "token=" + token), 403);
  EXPECT_EQ(post({{"origin", "http://evil"}, {"host", "x"}}, "token=" + token), 403);
  EXPECT_EQ(post({{"origin", "null"}}, ""), 403);
  EXPECT_EQ(post({}, "token=" + std::string(32, '0')), 403);
  EXPECT_EQ(post({}, "token=" + token, "192.0.2.1"), 403);  // the token of another address
  EXPECT_TRUE(b.confirmed_.empty());
  EXPECT_EQ(b.notice_->stats().foreign_post, 6U);
  EXPECT_EQ(post({{"sec-fetch-site", "same-origin"}}, ""), 303);
  EXPECT_EQ(post({{"origin", "http://x"}, {"host", "x"}}, ""), 303);
  EXPECT_EQ(post({{"origin", "null"}}, "a=b&token=" + token), 303);
  ASSERT_EQ(b.confirmed_.size(), 3U);
  EXPECT_EQ(b.confirmed_[0].reference, b.reference_);
  EXPECT_TRUE(b.confirmed_[0].from_own_session);
  EXPECT_EQ(to_string(b.confirmed_[0].from), "198.51.100.7");
}

TEST(Notice, PressingTwiceIsPressingOnce) {
  Bench b;
  b.confirmed_at_ = kStart;
  const auto again = b.ask(b.path_, "POST", {{"sec-fetch-site", "same-origin"}});
  EXPECT_EQ(again.status, 303);
  const std::string back = Bench::header(again, "Location");
  EXPECT_TRUE(back.starts_with(b.path_ + "?noted="));
  b.confirmed_at_ = {};
  EXPECT_TRUE(has(b.ask(back), "Thank you"));
  EXPECT_TRUE(has(b.ask(b.path_ + "?noted=1"), "<button"));  // nobody can be sent a link that hides the button
  EXPECT_TRUE(b.confirmed_.empty());
}

TEST(Notice, AStrangersButtonSaysThatItIsAStrangers) {
  Bench b;
  EXPECT_EQ(b.ask(b.path_, "POST", {{"sec-fetch-site", "same-origin"}}, "", "192.0.2.1").status, 303);
  ASSERT_EQ(b.confirmed_.size(), 1U);
  EXPECT_FALSE(b.confirmed_[0].from_own_session);
}

TEST(Notice, WithACaseTheLineItselfCanSayMore) {
  Bench b;
  b.case_ = page::CaseFacts{.id = {3}, .summary = "s"};
  EXPECT_TRUE(has(b.ask(b.path_), "value=\"says_clean\""));
  EXPECT_FALSE(has(b.ask(b.path_, "GET", {}, "", "192.0.2.1"), "says_clean"));
  const sys::HttpHeaders ours{{"sec-fetch-site", "same-origin"}};
  EXPECT_EQ(b.ask(b.path_, "POST", ours, "say=says_clean").status, 303);
  EXPECT_EQ(b.ask(b.path_, "POST", ours, "say=disputes").status, 303);
  const std::vector<std::pair<std::string, model::CustomerStatus>> wanted{
      {"198.51.100.7", model::CustomerStatus::says_clean}, {"198.51.100.7", model::CustomerStatus::disputes}};
  EXPECT_EQ(b.said_, wanted);
  // A stranger, a word that is no button, and no case: no more than "I have read this".
  (void)b.ask(b.path_, "POST", ours, "say=says_clean", "192.0.2.1");
  (void)b.ask(b.path_, "POST", ours, "say=silent");
  b.case_.reset();
  (void)b.ask(b.path_, "POST", ours, "say=says_clean");
  EXPECT_EQ(b.said_, wanted);
  EXPECT_EQ(b.confirmed_.size(), 3U);
}

TEST(Notice, ThankYouOnlyWhenItIsJournaled) {
  Bench b;
  b.journal_works_ = false;
  const auto got = b.ask(b.path_, "POST", {{"sec-fetch-site", "same-origin"}});
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(b.notice_->stats().confirm_failed, 1U);
}

TEST(Notice, CurlReadsAndConfirms) {
  if (std::system("command -v curl >/dev/null") != 0) PN_SKIP("curl is not installed");
  Bench b;
  sys::Loop loop;
  auto socket = sys::listen_tcp(*parse_endpoint("127.0.0.1:0"), 16, false);
  ASSERT_TRUE(socket);
  const std::string at = to_string(sys::local_of(socket->get()));
  const auto server = sys::HttpServer::start(
      loop, std::move(*socket), {},
      [&](sys::HttpRequest r, const sys::HttpServer::Reply& reply) { b.notice_->handle(std::move(r), reply); });
  ASSERT_TRUE(server);
  std::string out;
  std::atomic<bool> done = false;
  std::thread curl([&] {
    const std::string url = "http://" + at + b.path_;
    const std::string script = fmt::format(
        "t=$(curl -sS {0} | sed -n 's/.*name=\"token\" value=\"\\([0-9a-f]*\\)\".*/\\1/p'); "
        "curl -sS -L -w '%{{http_code}}' --data token=$t {0}",
        url);
    FILE* pipe = ::popen(script.c_str(), "r");
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) out += static_cast<char>(c);
    ::pclose(pipe);
    done = true;
  });
  while (!done) loop.step(milliseconds(10));
  curl.join();
  EXPECT_TRUE(out.ends_with("200")) << out;
  EXPECT_NE(out.find("Thank you"), std::string::npos) << out;
  EXPECT_EQ(b.confirmed_.size(), 1U);
}

}  // namespace
}  // namespace postern::edge::notice
