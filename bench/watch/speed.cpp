// SPDX-License-Identifier: Apache-2.0
#include "bench/watch/speed.h"

#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <malloc.h>
#include <map>
#include <netinet/in.h>
#include <poll.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/check.h"
#include "bench/watch/datagrams.h"
#include "bench/watch/stored.h"
#include "observe/flow_export/flow_export.h"
#include "sys/clock.h"
#include "sys/packets/udp_batch.h"

namespace postern::bench {
namespace {

constexpr size_t kBatch = 64;
constexpr int kBufferOctets = 16 << 20;
constexpr uint32_t kPerMilli = 1'000;
constexpr uint32_t kFullRate = 1'600'000;
constexpr uint32_t kControlServers = 10'000;
constexpr Duration kWarmUp = milliseconds(1'500);  // tables are made, their pages touched

// A socket on loopback with a port of its own, and the port.
std::pair<sys::Fd, uint16_t> loopback_socket() {
  sys::Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 ||
      ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&at), &size) != 0) {
    std::perror("bench watch: bind to loopback");
    std::exit(1);
  }
  return {std::move(fd), ntohs(at.sin_port)};
}

// User and system time of a process and of its children, in seconds.
double cpu_of(pid_t pid) {
  uint64_t nanoseconds = 0;
  std::error_code gone;
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), gone)) {
    uint64_t on_cpu = 0;  // the first field, in ns: a tick of stat is a tenth of what is measured here
    if (std::ifstream(thread.path() / "schedstat") >> on_cpu) nanoseconds += on_cpu;
  }
  double total = static_cast<double>(nanoseconds) / 1e9;
  std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", pid));
  for (pid_t child = 0; children >> child;) total += cpu_of(child);
  return total;
}

// Sends for so long at the load's pace; how many records.
uint64_t send(uint16_t port, const Load& load, Duration length) {
  auto [fd, own] = loopback_socket();
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return 0;
  Datagrams datagrams(load.subscribers);
  const auto out = [&](const std::vector<uint8_t>& d) { return ::send(fd.get(), d.data(), d.size(), 0) > 0; };
  (void)out(datagrams.announcement(static_cast<uint32_t>(sys::now().unix_seconds())));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  uint64_t sent = 0;
  const Duration begun = sys::monotonic();
  while (true) {
    const Duration passed = sys::monotonic() - begun;
    if (passed >= length) break;
    const uint64_t due = static_cast<uint64_t>(passed.us) * load.records_per_s / 1'000'000;
    while (sent < due) {
      if (!out(datagrams.next(static_cast<uint32_t>(sys::now().unix_seconds())))) break;
      sent += kRecordsEach;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(kPerMilli));
  }
  return sent;
}

struct Counts {
  uint64_t records = 0;  // sent
  uint64_t lost = 0;     // for want of room in the socket's buffer, as the kernel counted
  double cpu_s = 0;
  double seconds = 0;  // of sending
};

// Datagrams that found no room in the buffer of the socket on this port.
uint64_t dropped_at(uint16_t port) {
  std::ifstream table("/proc/net/udp");
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    std::istringstream fields(line);
    std::string number;
    std::string local;
    std::string field;
    fields >> number >> local;
    if (std::stoul(local.substr(local.find(':') + 1), nullptr, 16) != port) continue;
    while (fields >> field) {
    }
    return std::stoull(field);
  }
  return 0;
}

// Loads the collector that listens there and takes its time and loss; the warm-up is not counted.
Counts measure(const Load& load, uint16_t port, pid_t pid) {
  Counts out;
  (void)send(port, load, kWarmUp);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const double before = cpu_of(pid);
  const uint64_t dropped = dropped_at(port);
  const Duration begun = sys::monotonic();
  out.records = send(port, load, seconds(load.seconds_each));
  out.seconds = static_cast<double>((sys::monotonic() - begun).us) / 1e6;
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  out.cpu_s = cpu_of(pid) - before;
  out.lost = (dropped_at(port) - dropped) * kRecordsEach;
  return out;
}

// `serve` runs in a process of its own with the socket until the pipe is closed.
Counts in_process(const Load& load, const std::function<uint64_t(sys::Fd, int stop)>& serve) {
  auto [fd, port] = loopback_socket();
  std::array<int, 2> stop{};
  if (::pipe(stop.data()) != 0) std::exit(1);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(stop[1]);
    ::_exit(serve(std::move(fd), stop[0]) != 0 ? 0 : 1);
  }
  fd = {};
  ::close(stop[0]);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const Counts out = measure(load, port, pid);
  ::close(stop[1]);
  ::waitpid(pid, nullptr, 0);
  return out;
}

bool closed(int fd) {
  char c = 0;
  pollfd p{fd, POLLIN, 0};
  return ::poll(&p, 1, 0) > 0 && ::read(fd, &c, 1) == 0;
}

// What any collector must do at the least: take batches, read each field of each record where it is known to be.
uint64_t bare(sys::Fd fd, int stop) {
  if (const auto buffer = sys::prepare_for_batches(fd.get(), kBufferOctets); !buffer) return 0;
  sys::UdpBatch batch(kBatch, 2'048);
  uint64_t records = 0;
  uint64_t sum = 0;
  while (!closed(stop)) {
    pollfd p{fd.get(), POLLIN, 0};
    if (::poll(&p, 1, 100) <= 0) continue;
    for (auto n = batch.receive(fd.get()); n && *n > 0; n = batch.receive(fd.get())) {
      for (size_t i = 0; i < *n; ++i) {
        const ByteView bytes = batch.at(i).bytes;
        for (size_t at = kDataAt; at + kRecordOctets <= bytes.size(); at += kRecordOctets, ++records) {
          std::array<uint8_t, kRecordOctets> r{};
          std::memcpy(r.data(), &bytes[at], r.size());
          uint64_t packets = 0;
          std::memcpy(&packets, &r[14], sizeof packets);
          uint32_t source = 0;
          std::memcpy(&source, r.data(), sizeof source);
          sum += be64toh(packets) + ntohl(source) + (r[10] << 8 | r[11]) + r[13];
        }
      }
      if (*n < kBatch) break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // as ours rests
  }
  return sum == 0 ? 0 : records;
}

// Of servers that nobody in the load talks to.
tables::C2List control_servers(uint32_t count) {
  std::string text;
  for (uint32_t n = 0; n < count; ++n) text += to_string(IpAddress::v4(0xc6120000U + n * 13)) + ":443\n";
  auto list = tables::C2List::parse(text);
  PN_CHECK(list && list->size() == count);
  return std::move(*list);
}

uint64_t whole(sys::Fd fd, int stop, uint32_t subscribers, uint32_t c2_servers = 0) {
  const model::Policy policy = policy_for("10.0.0.0/8", "residential");
  const model::ClassPolicy& home = policy.classes.at("residential");
  decide::detect::Watch watch;
  decide::Counters counters;
  sys::Loop loop;
  std::vector<sys::Fd> sockets;
  sockets.push_back(std::move(fd));
  const auto line_of = [&](const IpAddress& a) {
    const uint32_t n = a.family == Family::v4 ? a.v4_host_order() - 0x0a000000U : 0;
    return fold::MailFlows::Line{.number = n <= subscribers ? n : 0};
  };
  observe::flow_export::FlowExport room(
      {.exporters = {parse_prefix("127.0.0.0/8").value()}, .hold = milliseconds(200), .contacts_per_s = 1'000'000},
      loop, std::move(sockets), line_of,
      [&](const model::Observation& o) {
        const auto& contact = std::get<model::FirstContact>(o.body);
        watch.see({{line_of(contact.source).number}, &home}, o.body, o.at, policy, counters);
      },
      sys::now);
  if (c2_servers != 0) room.take(control_servers(c2_servers));
  loop.every(milliseconds(100), [&] {
    if (closed(stop)) loop.stop();
  });
  loop.run();
  return room.decoder().stats().flows + room.decoder().stats().passed_over;
}

// A packaged collector: its words, and the files it wants to read, by name; {port} and {dir} are put into both.
struct Collector {
  std::string name;
  std::vector<std::string> argv;
  std::map<std::string, std::string> files = {};
};

std::string put_in(std::string text, uint16_t port, const char* folder) {
  const std::array<std::pair<std::string_view, std::string>, 2> what{
      {{"{port}", std::to_string(port)}, {"{dir}", folder}}};
  for (const auto& [mark, value] : what)
    for (size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += value.size())
      text.replace(at, mark.size(), value);
  return text;
}

// Its own processor time, and its plugins'.
std::optional<Counts> packaged(const Load& load, const Collector& collector) {
  auto [fd, port] = loopback_socket();
  fd = {};
  char folder[] = "/tmp/pn-bench-XXXXXX";
  if (::mkdtemp(folder) == nullptr) return std::nullopt;
  std::vector<std::string> argv;
  for (const std::string& a : collector.argv) argv.push_back(put_in(a, port, folder));
  for (const auto& [name, text] : collector.files)
    std::ofstream(fmt::format("{}/{}", folder, name)) << put_in(text, port, folder);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // an interrupted bench leaves no collector behind
    std::vector<char*> words;
    for (std::string& a : argv) words.push_back(a.data());
    words.push_back(nullptr);
    if (std::freopen("/dev/null", "w", stdout) == nullptr || std::freopen("/dev/null", "w", stderr) == nullptr)
      ::_exit(1);
    ::execvp(words[0], words.data());
    ::_exit(127);
  }
  std::this_thread::sleep_for(std::chrono::seconds(1));
  std::optional<Counts> out;
  if (::waitpid(pid, nullptr, WNOHANG) == 0) {
    out = measure(load, port, pid);
    ::kill(-pid, SIGINT);
    for (int i = 0; i < 10 && ::waitpid(pid, nullptr, WNOHANG) == 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ::kill(-pid, SIGKILL);  // plugins that stayed
    ::waitpid(pid, nullptr, 0);
  }
  std::filesystem::remove_all(folder);
  return out;
}

double percent(uint64_t part, uint64_t of) {
  return of == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(of);
}

// FastNetMon watches the subscribers' /12, bans nobody, and reports to nobody.
const std::vector<Collector>& collectors() {
  static const std::vector<Collector> all{
      {"nfcapd", {"nfcapd", "-w", "{dir}", "-b", "127.0.0.1", "-p", "{port}", "-B", "16777216"}},
      {"nfacctd",
       {"nfacctd", "-L", "127.0.0.1", "-l", "{port}", "-c", "src_host,dst_host,src_port,dst_port,proto,tcpflags", "-P",
        "print", "-o", "/dev/null", "-r", "3600"}},
      {"fastnetmon",
       {"fastnetmon", "--configuration_file", "{dir}/conf", "--log_file", "{dir}/log", "--disable_pid_logic"},
       {{"conf",
         "netflow = on\nnetflow_host = 127.0.0.1\nnetflow_port = {port}\nnetworks_list_path = {dir}/networks\n"
         "white_list_path = {dir}/none\nenable_ban = off\nenable_ban_ipv6 = off\ndisable_usage_report = on\n"
         "prometheus = off\nenable_api = off\nmonitor_local_ip_addresses = off\n"
         "cli_stats_file_path = {dir}/cli\ncli_stats_ipv6_file_path = {dir}/cli6\n"},
        {"networks", "10.0.0.0/12\n"},
        {"none", ""}}}};
  return all;
}

double us_each(const Counts& c) { return c.records == 0 ? 0 : c.cpu_s * 1e6 / static_cast<double>(c.records); }

}  // namespace

void speed(Report& report, const Load& load) {
  const auto ours = [&] {
    return us_each(
        in_process(load, [&](sys::Fd fd, int stop) { return whole(std::move(fd), stop, load.subscribers); }));
  };
  const auto theirs = [&](const std::string& name, const std::function<double()>& measure) {
    report.add(interleave("watch.cpu." + name, "us cpu/record", load.runs, ours, measure));
  };
  theirs("bare_loop", [&] { return us_each(in_process(load, bare)); });
  for (const Collector& c : collectors()) {
    if (!packaged({.records_per_s = 0, .seconds_each = 0}, c)) {
      report.note(c.name + " is not installed: no row for it");
      continue;
    }
    uint64_t sent = 0;
    uint64_t lost = 0;
    theirs(c.name, [&] {
      const Counts counts = packaged(load, c).value_or(Counts{});
      sent += counts.records;
      lost += counts.lost;
      return us_each(counts);
    });
    report.add({"watch.lost." + c.name, percent(lost, sent), std::nullopt, "% of its records lost", std::nullopt, 0});
  }
  const auto with = [&](uint32_t subscribers) {
    Load other = load;
    other.subscribers = subscribers;
    return us_each(in_process(other, [&](sys::Fd fd, int stop) { return whole(std::move(fd), stop, subscribers); }));
  };
  report.add(interleave(
      "watch.cpu.4m_beside_100k", "us cpu/record", load.runs, [&] { return with(4'000'000); },
      [&] { return with(100'000); }));
  report.add(interleave(
      "watch.cpu.c2_list", "us cpu/record", load.runs,
      [&] {
        return us_each(in_process(
            load, [&](sys::Fd fd, int stop) { return whole(std::move(fd), stop, load.subscribers, kControlServers); }));
      },
      ours));
  Load full = load;
  full.records_per_s = kFullRate;
  const Counts counts =
      in_process(full, [&](sys::Fd fd, int stop) { return whole(std::move(fd), stop, full.subscribers); });
  report.add({"watch.lost.at_1.6m", percent(counts.lost, counts.records), 0, "% of our records lost", std::nullopt, 0});
  report.add({"watch.rate.at_1.6m", static_cast<double>(counts.records) / counts.seconds / 1e6, kFullRate / 1e6,
              "million records/s were sent", std::nullopt, 0});
  report.note(
      fmt::format("processor time per NetFlow v9 record at {} a second over {} subscribers, 1 % of mail, {} s a run; "
                  "ours from the socket to the detectors, nfcapd writes files, nfacctd aggregates, FastNetMon counts "
                  "per host; loss is what the kernel dropped at their "
                  "sockets; c2_list is ours with {} control servers to look for beside ours without",
                  load.records_per_s, load.subscribers, load.seconds_each, kControlServers));
}

void subject_bytes(Report& report) {
  constexpr uint32_t kLines = 100'000;
  const model::Policy policy = policy_for("10.0.0.0/8", "residential");
  const model::ClassPolicy& home = policy.classes.at("residential");
  decide::detect::Watch watch;
  decide::Counters counters;
  const size_t before = ::mallinfo2().uordblks;
  for (uint32_t line = 1; line <= kLines; ++line)
    for (uint32_t n = 0; n < 2; ++n) {
      model::FirstContact contact;
      contact.source = IpAddress::v4(0x0a000000U + line);
      contact.destination = IpAddress::v4(0x2d000000U + ((line * 7 + n) << 8 & 0xffffff));
      contact.verdict = model::Verdict::open;
      contact.outcome = model::Outcome::success;
      watch.see({{line}, &home}, contact, Time{} + seconds(1'000 + n), policy, counters);
    }
  const double each = static_cast<double>(::mallinfo2().uordblks - before) / kLines;
  report.add({"watch.bytes_per_subject", each, 256, "bytes, two first contacts, evidence with it", each / 256, 0});
}

}  // namespace postern::bench
