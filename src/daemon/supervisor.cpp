// SPDX-License-Identifier: Apache-2.0
#include "daemon/supervisor.h"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "daemon/guard.h"
#include "daemon/spawn.h"
#include "settings/check.h"
#include "settings/reference/reload.h"
#include "sys/clock.h"
#include "sys/log.h"

namespace postern::daemon {
namespace {

constexpr Duration kBackoffFirst = milliseconds(50);
constexpr Duration kBackoffMost = seconds(5);
constexpr Duration kStable = seconds(10);  // alive this long: the back-off starts afresh
constexpr Duration kSaveMeters = seconds(60);
// Deltas kept after the snapshot; beyond it the brain is asked for a new snapshot.
constexpr size_t kReloadFaultsTold = 24;
constexpr size_t kDeltaBytesMax = 32 * 1024 * 1024;

bool reads_table(Role role) { return role == Role::gate || role == Role::edge || role == Role::web; }

size_t bytes_of(const std::vector<Frame>& message) {
  size_t n = 0;
  for (const Frame& f : message) n += f.bytes.size();
  return n;
}

template <class T>
constexpr uint8_t index_of() {
  return static_cast<uint8_t>(Message(T{}).index());
}

}  // namespace

Supervisor::Supervisor(std::string settings_path, std::string settings_text, settings::Settings settings)
    : settings_path_(std::move(settings_path)),
      settings_text_(std::move(settings_text)),
      settings_(std::move(settings)) {
  leases_.set(settings_.dhcp);
  c2_.set(settings_.c2.list);
}

// Without it the gate's filters still come up and the gate role tries again; posternd does not refuse to start.
void Supervisor::load_guard() const {
  if (auto done = bring_guard(settings_); !done)
    sys::log(sys::Level::error, "daemon", "GUARD_FAILED", done.error().text());
  else if (settings_.gate.guard)
    sys::log(sys::Level::info, "daemon", "GUARD_LOADED", "forwarded mail that the gate has not judged is dropped");
}

int Supervisor::run() {
  load_guard();
  sigset_t set;
  sigemptyset(&set);
  for (const int s : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, s);
  PN_CHECK(::sigprocmask(SIG_BLOCK, &set, nullptr) == 0);
  signals_ = sys::Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  PN_CHECK(signals_);
  loop_.watch(signals_.get(), EPOLLIN, [this](uint32_t) { on_signal(); });
  for (const Role role : kWorkers) spawn(role);
  loop_.every(seconds(1), [this] {
    give_leases(leases_.changed());
    give_c2(c2_.changed());
    report();
  });
  loop_.every(kSaveMeters, [this] { save_meters(); });
  loop_.run();
  save_meters();
  return 0;
}

void Supervisor::on_signal() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    switch (info.ssi_signo) {
      case SIGCHLD:
        reap();
        break;
      case SIGHUP:
        reload();
        break;
      default:
        sys::log(sys::Level::info, "daemon", "STOPPING",
                 "the kernel goes on enforcing the last table; `postern gate detach` would take it out");
        notify_systemd("STOPPING=1");
        stopping_ = true;
        for (auto& [role, worker] : workers_)
          if (worker.pid > 0) ::kill(worker.pid, SIGTERM);
        loop_.stop();
    }
  }
}

void Supervisor::spawn(Role role) {
  Worker& worker = workers_[role];
  std::vector<int> descriptors;
  const Kit kit = kit_for(role, descriptors);
  auto started = spawn_worker(kit, descriptors);
  if (!started) {
    sys::log(sys::Level::error, "daemon", "SPAWN_FAILED", started.error().text(),
             {{"role", std::string(to_string(role))}});
    loop_.after(kBackoffMost, [this, role] { spawn(role); });
    return;
  }
  worker.pid = started->pid;
  worker.started = sys::monotonic();
  worker.channel = std::make_unique<Channel>(
      loop_, std::move(started->bus), [this, role](Frame frame) { forward(role, std::move(frame)); },
      // The process may still be there; without its socket it is of no use. The reaper restarts it.
      [this, role] {
        if (workers_[role].pid > 0) ::kill(workers_[role].pid, SIGKILL);
      });
  sys::log(sys::Level::info, "daemon", "ROLE_STARTED", "role is up",
           {{"role", std::string(to_string(role))}, {"pid", std::to_string(worker.pid)}});
  if (reads_table(role)) send_table(role);
  if (role == Role::edge || role == Role::brain) give_leases(leases_.whole());
  if (role == Role::edge) give_c2(c2_.now());
  for (const Role other : kWorkers) {
    if (other == role || !workers_[other].channel) continue;
    send(other, PeerUp{role});
    send(role, PeerUp{other});
  }
}

void Supervisor::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    for (auto& [role, worker] : workers_) {
      if (worker.pid != pid) continue;
      sys::log(stopping_ || worker.wanted_gone ? sys::Level::info : sys::Level::warning, "daemon", "ROLE_DIED",
               WIFSIGNALED(status) ? fmt::format("killed by signal {}", WTERMSIG(status))
                                   : fmt::format("exited with {}", WEXITSTATUS(status)),
               {{"role", std::string(to_string(role))}, {"pid", std::to_string(pid)}});
      lost(role);
    }
  }
}

void Supervisor::lost(Role role) {
  Worker& worker = workers_[role];
  worker.channel.reset();
  worker.pid = 0;
  own_partial_.erase(role);
  if (stopping_) return;
  for (const Role other : kWorkers)
    if (workers_[other].channel) send(other, PeerDown{role});
  if (std::exchange(worker.wanted_gone, false)) {
    worker.backoff = {};
  } else {
    const bool stable = sys::monotonic() - worker.started > kStable;
    worker.backoff = stable || worker.backoff.us == 0 ? kBackoffFirst : std::min(worker.backoff * 2, kBackoffMost);
    ++worker.restarts;
  }
  loop_.after(worker.backoff, [this, role] { spawn(role); });
}

void Supervisor::send(Role to, const Message& message) {
  for (Frame& frame : frames_of(Role::supervisor, to, message, nullptr))
    if (workers_[to].channel && !workers_[to].channel->send(std::move(frame))) return;
}

void Supervisor::forward(Role from, Frame frame) {
  frame.from = from;  // a worker cannot speak as another
  if (frame.to == Role::supervisor) return take_own(from, std::move(frame));
  Worker& to = workers_[frame.to];
  if (to.channel) (void)to.channel->send(std::move(frame));  // logged there; a receiver that is down asks again
}

void Supervisor::take_own(Role from, Frame frame) {
  const bool last = !frame.more;
  std::vector<Frame>& message = own_partial_[from];
  message.push_back(std::move(frame));
  if (!last) return;
  std::vector<Frame> whole = std::exchange(message, {});
  if (from != Role::brain || whole.front().bytes.empty()) return;
  const auto index = static_cast<uint8_t>(whole.front().bytes.front());
  if (index == index_of<TableSnapshot>()) {
    keep_snapshot(std::move(whole));
  } else if (index == index_of<model::LineDelta>()) {
    keep_delta(std::move(whole));
  }
}

void Supervisor::keep_snapshot(std::vector<Frame> message) {
  if (snapshot_.empty()) notify_systemd("READY=1");
  snapshot_ = std::move(message);
  deltas_.clear();
  delta_bytes_ = 0;
  snapshot_wanted_ = false;
  for (const Role role : kWorkers)
    if (reads_table(role) && workers_[role].channel) send_table(role);
}

void Supervisor::keep_delta(std::vector<Frame> message) {
  for (const Role role : kWorkers) {
    if (!reads_table(role) || !workers_[role].channel) continue;
    for (Frame frame : message) {
      frame.to = role;
      (void)workers_[role].channel->send(std::move(frame));
    }
  }
  delta_bytes_ += bytes_of(message);
  deltas_.push_back(std::move(message));
  if (delta_bytes_ <= kDeltaBytesMax || snapshot_wanted_) return;
  snapshot_wanted_ = true;
  send(Role::brain, WantSnapshot{"the supervisor's list of deltas is full"});
}

void Supervisor::send_table(Role to) {
  Channel& channel = *workers_[to].channel;
  const auto send_all = [&](const std::vector<Frame>& message) {
    for (Frame frame : message) {
      frame.to = to;
      (void)channel.send(std::move(frame));
    }
  };
  if (!snapshot_.empty()) send_all(snapshot_);
  for (const auto& delta : deltas_) send_all(delta);
}

// To an edge that knows nothing of them, or of a brain that may have lost what it was told last.
void Supervisor::give_leases(std::vector<LeaseFiles::Opened> files) {
  Channel* edge = workers_[Role::edge].channel.get();
  for (LeaseFiles::Opened& f : files) {
    const LeaseFile what{f.server, f.v6, f.first, f.last};
    for (Frame& frame : frames_of(Role::supervisor, Role::edge, what, std::make_shared<sys::Fd>(std::move(f.fd))))
      if (edge != nullptr) (void)edge->send(std::move(frame));
  }
}

void Supervisor::give_c2(std::optional<sys::Fd> list) {
  Channel* edge = workers_[Role::edge].channel.get();
  if (edge == nullptr || !list) return;
  const auto fd = std::make_shared<sys::Fd>(std::move(*list));
  for (Frame& frame : frames_of(Role::supervisor, Role::edge, C2File{settings_.c2.list}, fd))
    (void)edge->send(std::move(frame));
}

void Supervisor::report() {
  RoleReport report{.pid = ::getpid(), .at = sys::now()};
  for (const auto& [role, worker] : workers_) {
    report.counters[fmt::format("restarts_{}_total", to_string(role))] = worker.restarts;
    report.facts[fmt::format("{}_pid", to_string(role))] = std::to_string(worker.pid);
  }
  report.counters["reloads_total"] = reloads_;
  report.counters["reloads_refused_total"] = reloads_refused_;
  report.counters["table_deltas_kept"] = deltas_.size();
  report.facts["settings"] = settings_digest(settings_text_);
  report.counters["dhcp.files_opened_total"] = leases_.opened();
  if (!leases_.fault().empty()) report.facts["fault.dhcp"] = leases_.fault();
  if (!c2_.fault().empty()) report.facts["fault.c2"] = c2_.fault();
  for (size_t i = 0; i < reload_faults_.size(); ++i)
    report.facts[fmt::format("reload_fault.{:02}", i)] = reload_faults_[i];
  send(Role::brain, report);
}

std::vector<Error> Supervisor::look_at(const settings::Settings& fresh,
                                       std::map<std::string, std::string>& secrets) const {
  std::vector<Error> faults = settings::needs_restart(settings::changes(settings_, fresh), settings_path_);
  if (!faults.empty()) return faults;
  faults = settings::check_environment(fresh).faults;
  if (faults.empty()) secrets = client_secrets(fresh, faults);
  return faults;
}

void Supervisor::reload() {
  std::map<std::string, std::string> secrets;
  auto again = read_settings(settings_path_);
  const std::vector<Error> faults = again ? look_at(again->settings, secrets) : again.error();
  reload_faults_.clear();
  for (const Error& e : faults) {
    const bool room = reload_faults_.size() < kReloadFaultsTold;
    reload_faults_.push_back(room ? e.text()
                                  : fmt::format("and {} more: the log names them", faults.size() - kReloadFaultsTold));
    if (!room) break;
  }
  ++(faults.empty() ? reloads_ : reloads_refused_);
  if (!faults.empty()) {
    for (const Error& e : faults)
      sys::log(sys::Level::error, "daemon", "RELOAD_REFUSED", e.text() + "; the running settings stay, all of them");
    return report();
  }
  for (const settings::Change& c : settings::changes(settings_, again->settings))
    sys::log(sys::Level::info, "daemon", "SETTING_CHANGED", c.key, {{"before", c.before}, {"after", c.after}});
  settings_text_ = std::move(again->text);
  settings_ = std::move(again->settings);
  // "ROOM:NAME" came from a file that the settings name; the others are our own keys.
  std::erase_if(secrets_, [](const auto& entry) { return entry.first.contains(':'); });
  secrets_.merge(secrets);
  leases_.set(settings_.dhcp);
  c2_.set(settings_.c2.list);
  load_guard();
  sys::log(sys::Level::info, "daemon", "SETTINGS_RELOADED", "the roles restart with them; listeners stay as they are");
  for (auto& [role, worker] : workers_) {
    if (worker.pid <= 0) continue;
    worker.wanted_gone = true;
    ::kill(worker.pid, SIGTERM);
  }
}

}  // namespace postern::daemon
