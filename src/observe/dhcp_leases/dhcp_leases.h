// SPDX-License-Identifier: Apache-2.0
// Kea's lease files as observations of who has which address and which delegated prefix. The files come as descriptors
// that somebody else opened: the server's newest, and before it those that hold what is older (see daemon/files). Each
// is read to its end, in order; the last one goes on being read as it grows. The same lease told again is harmless, so
// after a restart of anybody all files are simply read again.
//
// A lease is emitted until journaled() and again every kToldAgainAfter; at most in_flight_max at one time, the files
// wait meanwhile. Leases outside of `inside` are left out. When a lease was given up is not in the file: it counts as
// of now where the line was just written, else as of the newest transaction that the file shows before it. One thread;
// handlers run from the loop.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/fields.h"
#include "base/ip.h"
#include "base/time.h"
#include "model/observation.h"
#include "sys/fd.h"
#include "sys/loop.h"
#include "wire/traffic/kea_leases/lease.h"

namespace postern::observe::dhcp_leases {

struct Config {
  std::vector<model::LeaseNameKind> identify;  // the one to be believed first first
  std::vector<Prefix> inside;                  // the network's subscribers
  size_t in_flight_max = 1'024;
  size_t files_max = 32;  // of one server and family that wait to be read
};

struct Stats {
  uint64_t files = 0;
  uint64_t lines = 0;
  uint64_t held = 0;   // leases given or renewed
  uint64_t ended = 0;  // released, declined, expired
  uint64_t outside = 0;
  uint64_t nameless = 0;  // without any of the names that count
  uint64_t clock_ahead = 0;
  uint64_t contexts_unread = 0;
  uint64_t too_long = 0;
  uint64_t cut = 0;  // a file that ends within a line, and another came after it
  uint64_t files_full = 0;
  uint64_t told_again = 0;
  uint64_t read_failed = 0;
  PN_FIELDS(files, lines, held, ended, outside, nameless, clock_ahead, contexts_unread, too_long, cut, files_full,
            told_again, read_failed)
};

class DhcpLeases {
 public:
  using Emit = std::function<void(uint64_t token, model::Observation)>;
  using Now = std::function<Time()>;
  static constexpr Duration kLook = seconds(1);  // how often the last file is looked at
  static constexpr Duration kToldAgainAfter = seconds(10);

  DhcpLeases(Config config, sys::Loop& loop, Emit emit, Now now);
  DhcpLeases(const DhcpLeases&) = delete;
  DhcpLeases& operator=(const DhcpLeases&) = delete;
  ~DhcpLeases();

  // The next file of this server and family. `follow`: the server writes to it.
  void file(const std::string& server, bool v6, bool follow, sys::Fd fd);
  void journaled(uint64_t token);
  [[nodiscard]] const Stats& stats() const { return stats_; }
  [[nodiscard]] uint64_t faults(wire::KeaFault why) const { return faults_[static_cast<size_t>(why)]; }
  [[nodiscard]] size_t in_flight() const { return flights_.size(); }
  // All files are read as far as they are written.
  [[nodiscard]] bool caught_up() const;

 private:
  struct File {
    sys::Fd fd;
    wire::KeaLeaseLines lines;
    bool follow = false;
    bool at_end = false;   // what comes is being written now
    bool passing = false;  // over the rest of a line that is too long
    std::string begun;     // of a line that is not at its end
    Time newest;           // transaction in it so far
  };
  using Source = std::pair<std::string, bool>;  // server, v6
  struct Flight {
    Time told;
    model::Observation observation;
  };

  void read_all();
  void read(const Source& source, std::deque<File>& files);
  // False at the file's end.
  [[nodiscard]] bool read_some(const Source& source, File& file);
  void take(const Source& source, File& file, std::string_view bytes, bool live);
  void on_line(const Source& source, File& file, std::string_view line, bool live);
  void on_lease(const Source& source, File& file, const wire::KeaLease& lease, bool live);
  void tick();
  void tell_faults();

  Config config_;
  sys::Loop& loop_;
  Emit emit_;
  Now now_;
  Stats stats_;
  std::array<uint64_t, pn_enum_size(wire::KeaFault{})> faults_{};
  uint64_t faults_told_ = 0;
  Time faults_told_at_;
  std::map<Source, std::deque<File>> sources_;
  std::map<uint64_t, Flight> flights_;  // by token, so oldest first
  uint64_t next_token_ = 1;
  bool reading_ = false;
  sys::Loop::TimerId timer_ = 0;
};

}  // namespace postern::observe::dhcp_leases
