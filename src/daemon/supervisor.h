// SPDX-License-Identifier: Apache-2.0
// Supervisor: the parent of all roles. It opens every listener, execs itself once per role over a socketpair, forwards
// messages by their header, restarts what dies (with back-off), and keeps the listeners and the last line table, so
// that a role which restarts while the brain is dead still works. It reads no byte from the network and no message body
// but the first byte of what is addressed to it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/bus/channel.h"
#include "daemon/bus/kit.h"
#include "daemon/files/lease_files.h"
#include "daemon/files/watched_file.h"
#include "settings/settings.h"
#include "sys/loop.h"

namespace postern::daemon {

class Supervisor {
 public:
  Supervisor(std::string settings_path, std::string settings_text, settings::Settings settings);

  // Directories, keys, secrets, listeners. All faults at once; nothing is started when there is one.
  [[nodiscard]] std::vector<Error> prepare();
  // Until SIGTERM or SIGINT. SIGHUP reads settings and client secrets again. When they are good and no key that needs a
  // restart of posternd differs (settings/reference/reload.h), the workers restart with them; else nothing changes,
  // each fault is logged, and `postern status` shows the first.
  int run();

 private:
  struct Worker {
    int pid = 0;
    std::unique_ptr<Channel> channel;
    Duration started;
    Duration backoff;
    uint64_t restarts = 0;
    bool wanted_gone = false;  // told to end, for a reload: no failure
  };

  void prepare_directories(std::vector<Error>& faults);
  void prepare_secrets(std::vector<Error>& faults);
  static void act_secrets(const settings::Settings& settings, std::map<std::string, std::string>& out,
                          std::vector<Error>& faults);
  // "radius:<client>" and "coa:<NAS>" to their secrets, and what act_secrets() gives.
  static std::map<std::string, std::string> client_secrets(const settings::Settings& settings,
                                                           std::vector<Error>& faults);
  void open_listeners(std::vector<Error>& faults);
  void open_relay(std::vector<Error>& faults);
  // What was sent through the relay, beside api.socket, where it outlives this process: in /run, so no disk holds it.
  [[nodiscard]] std::string meters_path() const;
  void save_meters() const;
  void open_decoys(std::vector<Error>& faults);
  void keep(std::vector<Error>& faults, const std::string& name, Result<sys::Fd> fd);

  void load_guard() const;
  [[nodiscard]] Kit kit_for(Role role, std::vector<int>& descriptors) const;
  void spawn(Role role);
  void lost(Role role);
  void reap();
  void on_signal();
  void reload();
  // What stands against taking it over; fills in `secrets`.
  [[nodiscard]] std::vector<Error> look_at(const settings::Settings& fresh,
                                           std::map<std::string, std::string>& secrets) const;
  void report();
  void give_leases(std::vector<LeaseFiles::Opened> files);
  void give_c2(std::optional<sys::Fd> list);

  void forward(Role from, Frame frame);
  void take_own(Role from, Frame frame);
  void keep_snapshot(std::vector<Frame> message);
  void keep_delta(std::vector<Frame> message);
  void send_table(Role to);
  void send(Role to, const Message& message);

  std::string settings_path_;
  std::string settings_text_;
  settings::Settings settings_;
  std::vector<std::string> reload_faults_;  // of the last SIGHUP, kReloadFaultsTold at most; none = it was taken over
  uint64_t reloads_ = 0;
  uint64_t reloads_refused_ = 0;
  std::map<std::string, std::string> secrets_;
  std::map<std::string, sys::Fd> listeners_;
  LeaseFiles leases_;
  WatchedFile c2_;

  sys::Loop loop_;
  sys::Fd signals_;
  std::map<Role, Worker> workers_;
  std::map<Role, std::vector<Frame>> own_partial_;
  std::vector<Frame> snapshot_;
  std::deque<std::vector<Frame>> deltas_;  // after snapshot_, in order
  size_t delta_bytes_ = 0;
  bool snapshot_wanted_ = false;
  bool stopping_ = false;
};

struct SettingsFile {
  std::string text;
  settings::Settings settings;
};
// The file and what it says; every fault at once.
[[nodiscard]] std::expected<SettingsFile, std::vector<Error>> read_settings(const std::string& path);

// Says READY=1 and the like to systemd when NOTIFY_SOCKET is set (sd_notify(3)).
void notify_systemd(const std::string& state);

}  // namespace postern::daemon
