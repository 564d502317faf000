// SPDX-License-Identifier: Apache-2.0
#include "bench/relay/postfix.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <sched.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "sys/clock.h"

namespace postern::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kFirstPort = 2501;
constexpr int kSessions = 20;
constexpr int kOctets = 4'096;
constexpr int kPatience = 600;  // tenths of a second

constexpr std::string_view kMain = R"(compatibility_level = 3.6
queue_directory = {0}/queue
data_directory = {0}/data
maillog_file = {0}/log
maillog_file_prefixes = {0}
myhostname = relay.isp.example
inet_interfaces = 10.64.0.1
inet_protocols = ipv4
mynetworks = 10.64.0.0/16
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
default_transport = discard
relay_transport = discard
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
biff = no
)";
constexpr std::string_view kServices = R"(cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
)";

pid_t spawn(const std::vector<std::string>& argv) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execvp(words[0], words.data());
  ::_exit(127);
}

Status run(const std::vector<std::string>& argv) {
  const pid_t pid = spawn(argv);
  int status = 0;
  if (pid < 0) return fail_errno("fork");
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(Errc::unavailable, fmt::format("{} {} failed", argv[0], argv.back()));
}

Status own_network() {
  if (::geteuid() != 0) return fail(Errc::denied, "needs root");
  if (::unshare(CLONE_NEWNET) != 0) return fail_errno("make a network namespace");
  PN_TRY_VOID(run({"ip", "link", "set", "lo", "up"}));
  return run({"ip", "addr", "add", "10.64.0.1/16", "dev", "lo"});
}

// Fields of /proc/PID/stat from the third on: 0 = state, 1 = parent, 11..14 = processor time, also of those it reaped.
std::vector<int64_t> stat_of(const fs::path& process) {
  std::ifstream file(process / "stat");
  std::string text;
  std::getline(file, text);
  const size_t end = text.rfind(')');
  if (end == std::string::npos) return {};
  std::istringstream fields(text.substr(end + 1));
  std::string word;
  std::vector<int64_t> out;
  while (fields >> word && out.size() < 15) {
    int64_t n = 0;
    std::from_chars(word.data(), word.data() + word.size(), n);
    out.push_back(n);
  }
  return out;
}

bool is_empty(const fs::path& folder) {
  std::error_code gone;
  for (const auto& entry : fs::recursive_directory_iterator(folder, gone))
    if (entry.is_regular_file(gone)) return false;
  return true;
}

}  // namespace

Result<Postfix> Postfix::start(const std::vector<Asks>& listeners) {
  if (::access("/usr/sbin/smtp-source", X_OK) != 0) return fail(Errc::unavailable, "postfix is not installed");
  PN_TRY_VOID(own_network());
  Postfix p;
  p.folder_ = "/dev/shm/pn-bench-postfix.XXXXXX";
  if (::mkdtemp(p.folder_.data()) == nullptr) return fail_errno("make a folder in /dev/shm");
  PN_TRY_VOID(p.configure(listeners));
  // A space of processes whose first is a shell: all of them end with this program, however it ends. (The master itself
  // changes its user, and with that forgets to end with its parent: prctl(2), PR_SET_PDEATHSIG.)
  p.holder_ = spawn({"unshare", "--pid", "--fork", "--kill-child", "sh", "-c",
                     fmt::format("/usr/sbin/postfix -c {}/etc start-fg & wait", p.folder_)});
  if (p.holder_ < 0) return fail_errno("fork");
  for (size_t i = 0; i < listeners.size(); ++i) PN_TRY(p.send(i, kSessions));  // its processes are there then
  return p;
}

Status Postfix::configure(const std::vector<Asks>& listeners) const {
  std::error_code error;
  for (const char* name : {"etc", "queue", "data"}) fs::create_directory(folder_ + "/" + name, error);
  fs::permissions(folder_, fs::perms{0755}, error);
  PN_TRY_VOID(run({"chown", "postfix", folder_ + "/data"}));
  std::ofstream main(folder_ + "/etc/main.cf");
  std::ofstream services(folder_ + "/etc/master.cf");
  main << fmt::format(fmt::runtime(kMain), folder_);
  services << kServices;
  for (size_t i = 0; i < listeners.size(); ++i) {
    services << fmt::format("10.64.0.1:{} inet n - n - - smtpd\n", kFirstPort + static_cast<int>(i));
    if (!listeners[i].policy.empty()) {
      main << fmt::format(
          "policy_{0} = check_policy_service {{ unix:{1}, timeout=10s }}\nrelay_{0} = $policy_{0}, "
          "permit_mynetworks, reject\n",
          i, listeners[i].policy);
      services << fmt::format(
          "  -o smtpd_relay_restrictions=$relay_{0}\n  -o smtpd_data_restrictions=$policy_{0}\n  -o "
          "smtpd_end_of_data_restrictions=$policy_{0}\n",
          i);
    }
    if (!listeners[i].milter.empty()) services << fmt::format("  -o smtpd_milters=unix:{}\n", listeners[i].milter);
  }
  return main.flush() && services.flush() ? Status{} : fail(Errc::io, "write " + folder_ + "/etc");
}

Postfix::Postfix(Postfix&& o) noexcept : holder_(std::exchange(o.holder_, 0)), folder_(std::exchange(o.folder_, {})) {}

Postfix::~Postfix() {
  if (holder_ > 0) {
    ::kill(holder_, SIGKILL);
    ::waitpid(holder_, nullptr, 0);
  }
  std::error_code error;
  // The last of them may still be writing.
  for (int i = 0; i < 50 && !folder_.empty() && (i == 0 || error); ++i) {
    if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    fs::remove_all(folder_, error);
  }
}

Result<double> Postfix::send(size_t listener, uint32_t messages) const {
  const std::string at = fmt::format("10.64.0.1:{}", kFirstPort + static_cast<int>(listener));
  const std::vector<std::string> source{"/usr/sbin/smtp-source",  "-s", fmt::to_string(kSessions), "-m",
                                        fmt::to_string(messages), "-l", fmt::to_string(kOctets),   "-f",
                                        "me@isp.example",         "-t", "you@far.example",         at};
  Status done = fail(Errc::unavailable, "Postfix does not come up");
  int64_t took = 0;
  for (int i = 0; i < kPatience && !done; ++i) {
    const int64_t begin = sys::monotonic().us;
    done = run(source);
    took = sys::monotonic().us - begin;
    if (!done) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  PN_TRY_VOID(done);
  PN_TRY_VOID(wait_until_delivered());
  return messages * 1e6 / static_cast<double>(took);
}

Status Postfix::wait_until_delivered() const {
  for (int i = 0; i < kPatience; ++i) {
    if (is_empty(folder_ + "/queue/incoming") && is_empty(folder_ + "/queue/active")) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return fail(Errc::unavailable, "Postfix does not deliver");
}

double Postfix::cpu_us() const {
  std::map<int64_t, std::vector<int64_t>> all;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    int64_t pid = 0;
    std::from_chars(name.data(), name.data() + name.size(), pid);
    if (pid > 0) all[pid] = stat_of(entry.path());
  }
  const auto is_of_ours = [&](int64_t pid) {
    for (int up = 0; up < 8 && pid > 1; ++up) {
      if (pid == holder_) return true;
      const auto it = all.find(pid);
      pid = it == all.end() || it->second.size() < 15 ? 0 : it->second[1];
    }
    return false;
  };
  int64_t ticks = 0;
  for (const auto& [pid, stat] : all) {
    if (stat.size() < 15 || !is_of_ours(pid)) continue;
    for (size_t i = 11; i < 15; ++i) ticks += stat[i];
  }
  return static_cast<double>(ticks) * 1e6 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace postern::bench
