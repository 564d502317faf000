// SPDX-License-Identifier: Apache-2.0
// The allow-list against the real Unbound with zones of its own.
#include "act/allow_list/allow_list.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/clock.h"
#include "tests/support/skip.h"

namespace postern::act::allow_list {
namespace {

bool has_unbound() { return std::system("command -v unbound >/dev/null 2>&1 || test -x /usr/sbin/unbound") == 0; }

// An Unbound on a port of its own, in a folder of its own.
class Unbound {
 public:
  Unbound() {
    std::string pattern = "/tmp/pn-unbound-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    const auto free_port = sys::bind_udp(*parse_endpoint("127.0.0.1:0"));
    EXPECT_TRUE(free_port);
    at_ = sys::local_of(free_port->get());
  }
  ~Unbound() {
    stop();
    std::filesystem::remove_all(folder_);
  }
  Unbound(const Unbound&) = delete;
  Unbound& operator=(const Unbound&) = delete;

  // Lines of local-data.
  void start(const std::vector<std::string>& zone) {
    const std::string config = folder_ + "/unbound.conf";
    std::ofstream out(config);
    out << fmt::format(
        "server:\n interface: 127.0.0.1\n port: {}\n username: \"\"\n chroot: \"\"\n directory: \"{}\"\n pidfile: "
        "\"\"\n"
        " use-syslog: no\n logfile: \"log\"\n do-daemonize: no\n num-threads: 1\n do-not-query-localhost: no\n"
        " module-config: \"iterator\"\n local-zone: \"example.\" static\n",
        at_.port, folder_);
    for (const std::string& line : zone) out << " local-data: \"" << line << "\"\n";
    out << "remote-control:\n control-enable: no\n";
    out.close();
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
    ::execlp("unbound", "unbound", "-c", config.c_str(), nullptr);
    ::_exit(127);
  }
  void stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  [[nodiscard]] Endpoint at() const { return at_; }

 private:
  std::string folder_;
  Endpoint at_;
  pid_t pid_ = 0;
};

// The list with a clock that the test turns; names that fail are asked again a minute later, so it turns by itself too.
class Bench {
 public:
  explicit Bench(const Unbound& unbound, std::vector<std::string> names, size_t addresses_max = 100)
      : resolver_(*sys::Resolver::make(loop_, std::array{unbound.at()})),
        list_(
            {.names = std::move(names), .fixed = {*parse_prefix("198.51.100.0/28")}, .addresses_max = addresses_max},
            loop_, resolver_.get(), [this](const std::vector<Prefix>& p) { told_ = p; }, [this] { return now_; }) {}

  [[nodiscard]] bool knows(const char* prefix) const {
    return std::ranges::find(told_, *parse_prefix(prefix)) != told_.end();
  }
  // Until it is so, or for three minutes at most; a step ends early when a packet comes. Five hours of the list's
  // clock.
  bool comes(const std::function<bool()>& true_) {
    for (int i = 0; i < 1800 && !true_(); ++i) {
      loop_.step(milliseconds(100));
      now_ = now_ + seconds(10);
    }
    return true_();
  }

  sys::Loop loop_;
  Time now_{seconds(1'795'370'400).us};
  std::vector<Prefix> told_;
  std::unique_ptr<sys::Resolver> resolver_;
  AllowList list_;
};

TEST(AllowList, FollowsItsNames) {
  if (!has_unbound()) PN_SKIP("unbound is not installed");
  Unbound unbound;
  unbound.start(
      {"up.example. 1 IN A 203.0.113.5", "up.example. 1 IN AAAA 2001:db8::5", "in.example. 60 IN A 10.0.0.1"});
  Bench b(unbound, {"up.example", "in.example", "gone.example"});
  ASSERT_TRUE(b.comes([&] { return b.knows("203.0.113.5") && b.knows("2001:db8::5"); }));
  EXPECT_TRUE(b.knows("198.51.100.0/28"));
  ASSERT_TRUE(b.comes([&] { return b.list_.set().refused() > 0 && b.list_.failures() > 0; }));
  EXPECT_FALSE(b.knows("10.0.0.1"));
  EXPECT_EQ(b.list_.set().unresolved(), 2U);

  unbound.stop();
  unbound.start({"up.example. 1 IN A 203.0.113.6"});
  ASSERT_TRUE(b.comes([&] { return b.knows("203.0.113.6"); }));
  EXPECT_TRUE(b.knows("203.0.113.5"));  // a customer's device may still use it
  b.now_ = b.now_ + hours(25);
  ASSERT_TRUE(b.comes([&] { return !b.knows("203.0.113.5"); }));
  EXPECT_FALSE(b.knows("2001:db8::5"));
}

// Too long for a datagram: asked again over TCP, and cut to what one name may have.
TEST(AllowList, LongAnswersAreBounded) {
  if (!has_unbound()) PN_SKIP("unbound is not installed");
  Unbound unbound;
  std::vector<std::string> zone;
  for (int i = 0; i < 200; ++i) zone.push_back(fmt::format("many.example. 60 IN A 203.0.113.{}", i));
  unbound.start(zone);
  Bench b(unbound, {"many.example"}, 40);
  ASSERT_TRUE(b.comes([&] { return b.list_.set().addresses() > 0; }));
  EXPECT_EQ(b.list_.set().addresses(), 40U);
  EXPECT_EQ(b.list_.set().evicted(), sys::kAnswerAddressesMax - 40);
  EXPECT_EQ(b.told_.size(), 41U);
}

TEST(AllowList, WithoutAResolverTheSetIsTheFixedOne) {
  sys::Loop loop;
  std::vector<Prefix> told;
  const AllowList list(
      {.names = {"up.example"}, .fixed = {*parse_prefix("203.0.113.9"), *parse_prefix("203.0.113.9")}}, loop, nullptr,
      [&](const std::vector<Prefix>& p) { told = p; }, sys::now);
  for (int i = 0; i < 5 && told.empty(); ++i) loop.step(milliseconds(100));
  EXPECT_EQ(told, std::vector{*parse_prefix("203.0.113.9")});
  EXPECT_EQ(list.lookups(), 0U);
}

TEST(Resolver, ASilentServerIsAnError) {
  sys::Loop loop;
  const auto silent = sys::bind_udp(*parse_endpoint("127.0.0.1:0"));
  ASSERT_TRUE(silent);
  auto resolver = sys::Resolver::make(loop, std::array{sys::local_of(silent->get())});
  ASSERT_TRUE(resolver);
  std::optional<Errc> code;
  (*resolver)->look_up("up.example",
                       [&](const Result<sys::Addresses>& r) { code = r ? Errc::conflict : r.error().code; });
  for (int i = 0; i < 600 && !code; ++i) loop.step(milliseconds(100));
  EXPECT_EQ(code, Errc::unavailable);
  // One that is still open when the resolver goes is answered by nobody.
  code.reset();
  (*resolver)->look_up("up.example", [&](const Result<sys::Addresses>&) { code = Errc::conflict; });
  resolver->reset();
  EXPECT_FALSE(code);
}

}  // namespace
}  // namespace postern::act::allow_list
