// SPDX-License-Identifier: Apache-2.0
// Recorded history through the detection that runs live (fold/, decide/watch/watch.h): who would be found, when, by
// what. Two passes: read() keeps what mail and scans are about, run() goes over it in order of time. Before run() it is
// known whether the recording sees both directions; a one-way one says nothing of outcomes. History is judged as
// traffic of an open network: what was recorded was forwarded. Nothing is changed: there is no engine state, table or
// socket here.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "decide/engine.h"
#include "decide/watch/watch.h"
#include "fold/mail_flows.h"
#include "fold/mail_names.h"
#include "fold/port_scans.h"
#include "model/flow.h"
#include "rehearse/flow_csv.h"
#include "rehearse/sorted.h"
#include "rehearse/source.h"
#include "rehearse/subjects.h"

namespace postern::rehearse {

struct Verdict {
  model::Stage stage = model::Stage::clear;  // the highest reached
  int32_t score_mnat = 0;                    // when it was reached; of a clear line the highest seen
  Time case_at;
  Time block_at;
  uint32_t first_contacts_at_case = 0;
  uint32_t first_contacts_at_block = 0;
  std::map<std::string, int32_t> levels_mnat;  // of each family, when the highest stage was reached
  std::string explained;
  std::string ticket;  // something is broken there, in words
};

// The names a policy may use in [detect.NAME].
[[nodiscard]] inline std::span<const std::string_view> detectors() { return decide::Engine::detectors(); }

// Lines that could not be used, of one reason.
struct BrokenLines {
  uint64_t count = 0;
  std::string first;  // FILE:LINE
};

struct Window {
  Time begin;
  Time end;
  uint32_t sampling = 1;     // the coarsest seen
  uint64_t records = 0;      // flows and questions read
  uint64_t mail = 0;         // of these: kept
  uint64_t local_relay = 0;  // mail to the provider's relay: never judged
  std::map<Broken, BrokenLines> broken;
  std::vector<std::string> cut_short;  // inputs that ended before their end, and why
  uint64_t packets = 0;                // of captures
  uint64_t packets_unread = 0;         // of these: cut off, broken, or of a link that is not known
  uint64_t exports_unread = 0;         // sets, samples and records of flow exports that gave nothing
  bool one_way = false;
  bool returns_unknown = false;     // nothing was seen that would tell
  uint32_t port25_minute_most = 0;  // connections in the busiest minute, of lines that run no mail server
};

class Rehearsal {
 public:
  static constexpr size_t kDirectionsMax = 65'536;  // subjects the one-way guard looks at

  Rehearsal(const model::Policy& policy, std::vector<model::Subscriber> subscribers, SessionHistory history = {});

  // A file or "-": a capture (pcap, pcapng), told by its first bytes, of traffic or of what flow exporters sent; else
  // CSV, whose profile is for files without a header.
  [[nodiscard]] Status read(const std::string& path, std::optional<Profile> profile);
  [[nodiscard]] Status take(const model::Flow& flow);
  [[nodiscard]] Status take(const model::DnsQuestion& question);
  [[nodiscard]] Status run();
  // What is judged is told here too, for benches that hold other rules to the same history.
  struct Listener {
    std::function<void(const fold::MailConnection&)> connection;
    std::function<void(const model::MailLookup&, uint64_t name, Time at)> name;
  };
  void listen(Listener listener) { listener_ = std::move(listener); }

  [[nodiscard]] const Window& window() const { return window_; }
  [[nodiscard]] const Subjects& subjects() const { return subjects_; }
  // Only of subjects that used a mail port, asked for a mail name or scanned.
  [[nodiscard]] const std::map<uint32_t, Verdict>& verdicts() const { return verdicts_; }
  [[nodiscard]] const fold::MailFlows& flows() const { return flows_; }
  [[nodiscard]] const decide::Counters& counters() const { return counters_; }

 private:
  struct Direction {
    bool out_answered = false;  // it acknowledged something
    bool in = false;            // something came back
  };
  Status read_csv(Source& source, std::optional<Profile> profile);
  Status read_capture(Source& source);
  void cut_short(const Error& why);
  void see_span(Time begin, Time end);
  void on_flow(const model::Flow& flow);
  void on_question(const Fact& fact);
  void look_at_direction(const model::Flow& flow);
  void judge_direction();
  void on_connection(const fold::MailConnection& connection);
  void on_volume(const fold::VolumeMinute& minute);
  void see(uint32_t line, const model::ObservationBody& body, Time at);
  [[nodiscard]] bool is_relay(const IpAddress& address) const;

  const model::Policy& policy_;
  Subjects subjects_;
  Sorted sorted_;
  Time now_;  // of the flow that is looked at
  fold::MailFlows flows_;
  fold::PortScans scans_;
  fold::PortScans::Ports scanned_;  // on which something of the recording was not answered
  fold::MailNames names_;
  decide::detect::Watch watch_;
  decide::Counters counters_;
  std::map<uint32_t, Verdict> verdicts_;
  std::unordered_map<uint32_t, Direction> directions_;
  std::map<uint32_t, uint32_t> minutes_;  // of the busiest hour's reckoning: connections on port 25 by minute
  Window window_;
  Listener listener_;
};

}  // namespace postern::rehearse
