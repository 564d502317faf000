// SPDX-License-Identifier: Apache-2.0
// ./dev bench explainer [--json FILE] [--connections N] [--runs N]
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/explainer/load.h"
#include "bench/explainer/servers.h"
#include "bench/report.h"

namespace postern::bench {
namespace {

constexpr uint32_t kAtOnce = 64;
constexpr uint32_t kThreads = 2;
constexpr uint32_t kIdle = 10'000;

uint32_t option(const std::vector<std::string>& arguments, std::string_view name, uint32_t otherwise) {
  for (size_t i = 0; i + 1 < arguments.size(); ++i) {
    if (arguments[i] == name)
      std::from_chars(arguments[i + 1].data(), arguments[i + 1].data() + arguments[i + 1].size(), otherwise);
  }
  return otherwise;
}

// Ends the program with the reason: a bench that measured nothing has no row to show.
template <class T>
T must(Result<T> r) {
  if (r) return std::move(*r);
  std::fprintf(stderr, "bench explainer: %s\n", r.error().text().c_str());
  std::exit(1);
}

// One server's runs; the processor time of each beside its rate.
struct Subject {
  Server server;
  uint32_t connections;
  std::vector<double> cpu_us;
  std::vector<double> p99_us;
  size_t replayed = 0;

  double rate() {
    const double before = server.cpu_us();
    const Load load = must(talk(server.port(), connections, kAtOnce, kThreads));
    cpu_us.push_back((server.cpu_us() - before) / connections);
    p99_us.push_back(load.greeting_us_p99);
    return load.connections_per_s;
  }
  double replay(const std::vector<double>& values) { return values[replayed++]; }
};

// The three rows of one pairing: all from the same runs, in the order they were made.
void compare(Report& report, std::string_view peer, Subject& ours, Subject& reference, int runs) {
  ours.cpu_us.clear();
  ours.p99_us.clear();
  report.add(interleave(
      fmt::format("explainer.connections.{}", peer), "conn/s", runs, [&] { return ours.rate(); },
      [&] { return reference.rate(); }));
  for (const auto& [what, values] :
       {std::pair{"server_cpu", &Subject::cpu_us}, std::pair{"greeting_p99", &Subject::p99_us}}) {
    ours.replayed = reference.replayed = 0;
    report.add(interleave(
        fmt::format("explainer.{}.{}", what, peer), values == &Subject::cpu_us ? "us cpu/conn" : "us", runs,
        [&] { return ours.replay(ours.*values); }, [&] { return reference.replay(reference.*values); }));
  }
}

double idle_bytes(Server server, bool print) {
  const int64_t ready = server.memory_bytes();
  const auto open = must(idle(server.port(), kIdle));
  const int64_t held = server.memory_bytes();
  if (print)
    std::fprintf(stderr, "idle: %lld KB before the explainer is made, %lld KB made, %lld KB with %u connections\n",
                 static_cast<long long>(server.memory_at_start() / 1024), static_cast<long long>(ready / 1024),
                 static_cast<long long>(held / 1024), kIdle);
  return static_cast<double>(held - server.memory_at_start()) / kIdle;
}

int run(int argc, char** argv) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  Report report("explainer: greeting, QUIT, 221, end over loopback, 64 at once from 65,536 lines",
                "[--connections N] [--runs N]", argc, argv);
  const uint32_t connections = option(report.arguments(), "--connections", 20'000);
  const int runs = static_cast<int>(option(report.arguments(), "--runs", 9));
  {
    Subject ours{must(Server::explainer()), connections, {}, {}};
    {
      Subject bare{must(Server::bare()), connections, {}, {}};
      compare(report, "bare", ours, bare, runs);
    }
    auto sink = Server::smtp_sink();
    if (sink) {
      Subject peer{std::move(*sink), connections, {}, {}};
      compare(report, "smtp_sink", ours, peer, runs);
    } else {
      report.note("no row beside smtp-sink: " + sink.error().text());
    }
  }
  if (limit.rlim_cur < kIdle + 100) {
    report.note(fmt::format("no row of idle memory: {} descriptors, {} needed", limit.rlim_cur, kIdle + 100));
  } else {
    // The table of 65,536 lines is in memory before; everything else the process makes counts, buckets included.
    report.add(
        repeat("explainer.idle_memory.10k", "B/conn", 3, [] { return idle_bytes(must(Server::explainer()), true); }));
  }
  report.note(fmt::format("{} connections a run, {} runs each, interleaved; server and {} client threads share {} cpus",
                          connections, runs, kThreads, ::sysconf(_SC_NPROCESSORS_ONLN)));
  report.note("bare: one epoll, the same bytes to everyone, no table, buckets, references or timeouts");
  report.note("clients cost more than any server here: server_cpu tells the servers apart, conn/s what a machine does");
  return report.finish();
}

}  // namespace
}  // namespace postern::bench

int main(int argc, char** argv) { return postern::bench::run(argc, argv); }
