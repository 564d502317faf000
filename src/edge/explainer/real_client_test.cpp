// SPDX-License-Identifier: Apache-2.0
// Real clients against the explainer in a thread of its own: what a person and a mail server's log get to see.
#include <array>
#include <atomic>
#include <cstdio>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <thread>

#include "base/endpoint.h"
#include "edge/explainer/explainer.h"
#include "sys/clock.h"
#include "tests/support/skip.h"

namespace postern::edge::explainer {
namespace {

struct Ran {
  std::string output;
  int status = 0;
  Duration took;
};

Ran run(const std::string& command) {
  Ran ran;
  const Duration start = sys::monotonic();
  FILE* const pipe = ::popen((command + " 2>&1 </dev/null").c_str(), "re");
  if (pipe == nullptr) return ran;
  std::array<char, 4096> buffer{};
  while (::fgets(buffer.data(), buffer.size(), pipe) != nullptr) ran.output += buffer.data();
  ran.status = ::pclose(pipe);
  ran.took = sys::monotonic() - start;
  return ran;
}

class RealClient : public ::testing::TestWithParam<const char*> {
 protected:
  void serve(model::Verdict verdict) {
    Config c;
    c.texts = {"Example Net", "https://mail.example.net", "relay.example.net", "help@example.net", ""};
    auto listener = sys::listen_tcp(parse_endpoint(GetParam()).value(), 64, false).value();
    at_ = sys::local_of(listener.get());
    Listeners l;
    (at_.address.family == Family::v4 ? l.v4 : l.v6) = std::move(listener);
    model::LineEntry e;
    e.line = model::SubscriberId{1001};
    e.verdict = verdict;
    e.limits.connections_per_min = 30;
    explainer_ = Explainer::make(c, std::move(l), [e](const IpAddress&) { return std::optional(e); }, key_,
                                 Clock{sys::now, sys::monotonic}, {})
                     .value();
    explainer_->start(loop_);
    thread_ = std::thread([this] {
      while (!stop_) loop_.step(milliseconds(20));
    });
  }
  void TearDown() override {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  void expect_reference_in(const std::string& text) const {
    const size_t at = text.find("https://mail.example.net/r/");
    ASSERT_NE(at, std::string::npos) << text;
    const auto r = key_.read(text.substr(at + 27, 17), sys::now().unix_day(), 0);
    ASSERT_TRUE(r) << text;
    EXPECT_EQ(r->line.value, 1001U);
  }

  sys::Loop loop_;
  tables::ReferenceKey key_{std::array<uint8_t, 32>{4, 5, 6}};
  Endpoint at_;
  std::unique_ptr<Explainer> explainer_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

TEST_P(RealClient, SwaksReadsTheExplanationWithinASecond) {
  if (run("command -v swaks").status != 0) PN_SKIP("no swaks here");
  // Starting perl is not ours to answer for.
  const auto perl = run("swaks --version").took;
  serve(model::Verdict::explain);
  const Ran swaks =
      run(fmt::format("swaks --server '{}' --port {} --from a@example.net --to b@example.org --timeout 10",
                      to_string(at_.address), at_.port));
  EXPECT_NE(swaks.output.find("<** 554-5.7.1 Example Net keeps port 25 closed"), std::string::npos) << swaks.output;
  EXPECT_NE(swaks.output.find("<-  221 2.0.0"), std::string::npos) << swaks.output;
  expect_reference_in(swaks.output);
  EXPECT_NE(swaks.status, 0);
  EXPECT_LT(swaks.took - perl, seconds(1));
}

// smtp-source prints all lines of a greeting as one, like the log of a mail server that uses the same code.
TEST_P(RealClient, PostfixClientCodeReadsBothGreetings) {
  if (run("command -v smtp-source || test -x /usr/sbin/smtp-source").status != 0) PN_SKIP("no smtp-source here");
  for (const auto& [verdict, code] : {std::pair{model::Verdict::explain, "554 5.7.1 Example Net"},
                                      std::pair{model::Verdict::limited, "421 4.7.1 mail.example.net"}}) {
    serve(verdict);
    const std::string server = at_.address.family == Family::v4
                                   ? fmt::format("inet:{}:{}", to_string(at_.address), at_.port)
                                   : fmt::format("inet:{}", to_string(at_));
    const Ran source =
        run(fmt::format("PATH=$PATH:/usr/sbin smtp-source -m 1 -f a@example.net -t b@example.org {}", server));
    EXPECT_NE(source.output.find(code), std::string::npos) << source.output;
    expect_reference_in(source.output);
    TearDown();
    explainer_.reset();
    stop_ = false;
  }
}

INSTANTIATE_TEST_SUITE_P(BothFamilies, RealClient, ::testing::Values("127.0.0.1:0", "[::1]:0"),
                         [](const auto& tested) { return tested.param[0] == '[' ? "v6" : "v4"; });

}  // namespace
}  // namespace postern::edge::explainer
