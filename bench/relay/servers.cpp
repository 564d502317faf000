// SPDX-License-Identifier: Apache-2.0
#include "bench/relay/servers.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <string_view>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "base/check.h"
#include "edge/relay/milter/session.h"
#include "edge/relay/policy.h"
#include "edge/relay/server.h"
#include "sys/clock.h"
#include "sys/loop.h"
#include "tables/line_table.h"

namespace postern::bench {
namespace {

namespace relay = edge::relay;

constexpr uint32_t kLines = 65'536;
int servers_made = 0;  // of all kinds: no two of them on one path

tables::LineTable table() {
  tables::SnapshotWriter writer({.epoch = 1, .sequence = 1, .revision = 3, .published_us = 1});
  for (uint32_t i = 0; i < kLines; ++i) {
    model::LineEntry e;
    e.prefix = Prefix::host(IpAddress::v4(0x0a40'0000 + i));
    e.line = {i + 1};
    e.class_name = "residential";
    writer.add(e);
  }
  return tables::LineTable::open(sys::sealed_memfd("bench", writer.finish()).value()).value();
}

// Limits that are looked at and never reached: all of the load passes.
relay::Config config() {
  relay::Limits limits{.invalid_percent = 100, .recipients_per_message = 100};
  for (auto& window : limits.most) window = {1'000'000'000, 1'000'000'000, 4'000'000'000, 0, 2'000};
  return {.provider = "Example Net",
          .url = "https://mail.example.net",
          .relay_host = "relay.example.net",
          .subscriber_prefixes = {Prefix::of(IpAddress::v4(0x0a40'0000), 16)},
          .trusted = {},
          .classes = {{"residential", limits}},
          .otherwise = limits,
          .account = limits};
}

void run_postern(sys::Fd listener, uint32_t accounts, bool is_milter) {
  const tables::LineTable lines = table();
  const sys::Fd memory = relay::SharedMemory::make("bench").value();
  relay::Meters meters =
      relay::Meters::open(memory, {.meters_max = accounts + kLines, .messages_max = 16'384}, {7}).value();
  relay::Judge judge(config(), meters, [&](const IpAddress& a) { return lines.find(a).value_or(model::LineEntry{}); });
  std::vector<sys::Fd> listeners;
  listeners.push_back(std::move(listener));
  relay::TalkStats asked;
  relay::NewTalk talk = [&] { return std::make_unique<relay::PolicyTalk>(judge, asked); };
  if (is_milter) talk = [&] { return std::make_unique<relay::MilterTalk>(judge, asked, true); };
  auto server = relay::Server::make({}, std::move(listeners), std::move(talk), {.utc = sys::now});
  PN_CHECK(server.has_value());
  sys::Loop loop;
  (*server)->start(loop);
  loop.every(milliseconds(500), [&] { judge.sweep(sys::now()); });
  loop.run();
}

// `answer` gets what came on a connection and says what is sent; false: close it.
template <class Answer>
void run_epoll(const sys::Fd& listener, Answer&& answer) {
  const int epoll = ::epoll_create1(0);
  epoll_event e{.events = EPOLLIN, .data = {.fd = listener.get()}};
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener.get(), &e);
  std::array<epoll_event, 256> events;
  std::array<char, 65'536> input;
  for (;;) {
    const int n = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < n; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      if (fd == listener.get()) {
        for (int peer = 0; (peer = ::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
          epoll_event c{.events = EPOLLIN, .data = {.fd = peer}};
          ::epoll_ctl(epoll, EPOLL_CTL_ADD, peer, &c);
        }
        continue;
      }
      const ssize_t got = ::recv(fd, input.data(), input.size(), 0);
      std::string out;
      const bool open = answer(fd, std::string_view(input.data(), static_cast<size_t>(std::max<ssize_t>(got, 0))), out);
      if (!out.empty()) ::send(fd, out.data(), out.size(), MSG_NOSIGNAL);
      if (!open) ::close(fd);
    }
  }
}

void run_bare(const sys::Fd& listener) {
  run_epoll(listener, [](int, std::string_view came, std::string& out) {
    if (came.ends_with("\n\n")) out = "action=DUNNO\n\n";
    return !came.empty();
  });
}

void run_bare_milter(const sys::Fd& listener) {
  std::map<int, std::string> unread;
  run_epoll(listener, [&](int fd, std::string_view came, std::string& out) {
    std::string& kept = unread[fd];
    kept += came;
    std::string_view left = kept;
    bool open = !came.empty();
    for (;;) {
      const auto frame = wire::take_milter_frame(left);
      open = open && frame.has_value();
      if (!frame || !*frame) break;
      switch ((*frame)->command) {
        case wire::MilterCommand::negotiate:
          wire::append_milter_negotiation(
              out, wire::agreed(wire::decode_milter_negotiation((*frame)->content).value(),
                                {.version = wire::kMilterVersion,
                                 .actions = 0,
                                 .protocol = wire::kMilterNoHelo | wire::kMilterNoHeaders | wire::kMilterNoEoh |
                                             wire::kMilterNoUnknown | wire::kMilterConnectUnanswered |
                                             wire::kMilterMailUnanswered | wire::kMilterDataUnanswered |
                                             wire::kMilterBodyUnanswered}));
          break;
        case wire::MilterCommand::rcpt:
        case wire::MilterCommand::eob:
          wire::append_milter_verdict(out, wire::MilterVerdict::carry_on);
          break;
        case wire::MilterCommand::quit:
          open = false;
          break;
        default:
          break;
      }
    }
    kept.erase(0, kept.size() - left.size());
    if (!open) unread.erase(fd);
    return open;
  });
}

}  // namespace

template <class Run>
Result<FilterServer> FilterServer::forked(Run&& run) {
  FilterServer s;
  s.path_ = fmt::format("/tmp/pn-bench-relay.{}.{}", ::getpid(), ++servers_made);
  sys::Fd listener = PN_TRY(sys::listen_unix(s.path_, 0666));  // Postfix asks as a user of its own
  s.pid_ = ::fork();
  if (s.pid_ < 0) return fail_errno("fork");
  if (s.pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    run(std::move(listener));
    ::_exit(0);
  }
  return s;
}

Result<FilterServer> FilterServer::postern(uint32_t accounts) {
  return forked([&](sys::Fd listener) { run_postern(std::move(listener), accounts, false); });
}
Result<FilterServer> FilterServer::postern_milter(uint32_t accounts) {
  return forked([&](sys::Fd listener) { run_postern(std::move(listener), accounts, true); });
}
Result<FilterServer> FilterServer::bare_milter() {
  return forked([](sys::Fd listener) { run_bare_milter(listener); });
}
Result<FilterServer> FilterServer::bare() {
  return forked([](sys::Fd listener) { run_bare(listener); });
}

// Runs the program in the server's folder until its socket is there.
Result<FilterServer> FilterServer::started(FilterServer s, const std::vector<std::string>& argv) {
  if (::access(argv[0].c_str(), X_OK) != 0) return fail(Errc::unavailable, argv[0] + " is not installed");
  s.pid_ = ::fork();
  if (s.pid_ < 0) return fail_errno("fork");
  if (s.pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setpgid(0, 0);
    const int null = ::open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
    std::vector<char*> words;
    for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    ::execv(words[0], words.data());
    ::_exit(127);
  }
  for (int i = 0; i < 100; ++i) {
    if (::access(s.path_.c_str(), W_OK) == 0) return s;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return fail(Errc::unavailable, argv[0] + " does not come up");
}

Result<FilterServer> FilterServer::own_folder() {
  std::string folder = "/tmp/pn-bench-relay.XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return fail_errno("make " + folder);
  FilterServer s;
  s.folder_ = folder;
  s.path_ = folder + "/policy";
  return s;
}

Result<FilterServer> FilterServer::postfwd() {
  FilterServer s = PN_TRY(own_folder());
  const std::string path = s.path_;
  const std::string folder = s.folder_;
  // The same questions asked again would come from its cache: it is to count.
  FilterServer up = PN_TRY(started(
      std::move(s), {"/usr/sbin/postfwd1", "--daemon", "--proto=unix", "--port=" + path, "--user=root", "--group=root",
                     "--nodns", "--cache=0", "--umask=0077", "--pidfile=" + folder + "/pid", "--norulelog", "-r",
                     "id=R1; protocol_state==RCPT; action=rcpt(sasl_username/1000000000/3600/REJECT)"}));
  // It serves from a child that it leaves.
  ::waitpid(up.pid_, nullptr, 0);
  up.pid_ = 0;
  std::ifstream(folder + "/pid") >> up.pid_;
  return up;
}

Result<FilterServer> FilterServer::policyd_rate_limit() {
  FilterServer s = PN_TRY(own_folder());
  std::ofstream(s.folder_ + "/config.yaml")
      << "debug: False\nuser: root\ngroup: root\npidfile: " << s.folder_ << "/pid\nbackend: 0\nsqlite_config:\n"
      << "    database: " << s.folder_ << "/db.sqlite3\nSOCKET: " << s.path_ << "\nsocket_permission: 0600\n"
      << "limits:\n    - [1000000000, 3600]\nlimits_by_id: {}\nlimit_by_sasl: True\nlimit_by_sender: False\n"
      << "limit_by_ip: True\nlimited_networks: []\nsuccess_action: dunno\nfail_action: reject\n"
      << "db_error_action: reject\nreport: False\ndelay_to_close: 300\n";
  const std::string file = s.folder_ + "/config.yaml";
  return started(std::move(s), {"/usr/bin/policyd-rate-limit", "--file", file});
}

FilterServer::FilterServer(FilterServer&& o) noexcept
    : pid_(std::exchange(o.pid_, 0)), path_(std::exchange(o.path_, {})), folder_(std::exchange(o.folder_, {})) {}

FilterServer::~FilterServer() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (!path_.empty()) ::unlink(path_.c_str());
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

double FilterServer::cpu_us() const {
  // Nanoseconds on a processor, of its one thread.
  std::ifstream stat(fmt::format("/proc/{}/schedstat", pid_));
  double ns = 0;
  stat >> ns;
  return ns / 1e3;
}

}  // namespace postern::bench
