// SPDX-License-Identifier: Apache-2.0
// Flow records -> connections and first contacts of lines on the mail ports (25, 465, 587, 2525), and on any other
// where SMTP was seen to be spoken (model::Flow::smtp). Flow records are no attempts: SYN retries at 0, 3 and 9 s,
// records split by a timeout, packets captured twice and the two directions of one connection are one connection here,
// by its five-tuple within kAnswerWithin.
//   success  SYN-ACK or PSH from the server, or PSH, or 4 or more packets with ACK from the client
//   failure  RST from the server, or nothing within kAnswerWithin
//   unknown  sampled, without TCP flags, one-way, an outage (fold/outages.h), or more connections than kPendingMax
// A first contact is the first connection of a line to a network (v4 /24, v6 /48; with set_origins() all of one
// autonomous system) not in its memory. Records come in
// order of their begin; one up to kAnswerWithin late still finds its other half. Used alike on live flow exports and on
// history. Pure: the time is that of the records.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <unordered_map>

#include "fold/destinations.h"
#include "fold/mail_volume.h"
#include "fold/outages.h"
#include "model/flow.h"
#include "model/observation.h"

namespace postern::fold {

// In a header: asked of every record of every exporter.
[[nodiscard]] constexpr bool is_mail_port(uint16_t port) {
  return port == 25 || port == 465 || port == 587 || port == 2525;
}
// Networks of the big providers' submission service: everybody's mail client goes there.
[[nodiscard]] bool is_submission_provider(const IpAddress& address);

struct MailConnection {
  uint32_t line = 0;
  Time begun;
  Time known;  // when the outcome was
  IpAddress source;
  IpAddress destination;
  uint16_t port = 0;
  model::Outcome outcome = model::Outcome::unknown;
  bool first = false;  // a first contact
};

class MailFlows {
 public:
  static constexpr Duration kAnswerWithin = seconds(10);
  static constexpr size_t kPendingMax = size_t{1} << 18;

  struct Line {
    uint32_t number = 0;  // 0 = not a subscriber's address
    Duration memory = hours(24);
  };
  using LineOf = std::function<Line(const IpAddress&)>;
  using Sink = std::function<void(const MailConnection&)>;  // in order of `known`
  struct Counters {
    uint64_t connections = 0;
    uint64_t first_contacts = 0;
    uint64_t folded = 0;        // records that belong to a connection already seen
    uint64_t strays = 0;        // of no attempt: resets, ends of old connections, answers nobody asked for
    uint64_t not_governed = 0;  // neither end is a subscriber's
    uint64_t pending_full = 0;  // outcome unknown because of it
    uint64_t heard_server = 0;  // answered connections of which something of the server was seen
    uint64_t heard_client = 0;  // of which only the client's own acknowledgements were
  };

  // `volume`: told of minutes with too many connections to one network; none = nobody asks.
  MailFlows(LineOf line_of, Sink sink, MailVolumes::Sink volume = nullptr)
      : line_of_(std::move(line_of)),
        sink_(std::move(sink)),
        wants_volume_(volume != nullptr),
        volumes_(std::move(volume)) {}

  // The source of the records sees no returns: nothing may be called a failure.
  void set_one_way(bool one_way) { one_way_ = one_way; }
  // Which autonomous system an address is of; 0 = not known, and then its network counts.
  void set_origins(std::function<uint32_t(const IpAddress&)> origin_of) { origin_of_ = std::move(origin_of); }
  void see(const model::Flow& flow);
  void advance(Time now);  // also without records, or the last failures are never known
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] const Outages& outages() const { return outages_; }
  [[nodiscard]] const MailVolumes& volumes() const { return volumes_; }
  [[nodiscard]] size_t lines() const { return lines_; }
  [[nodiscard]] size_t bytes() const;  // of tables shared by all lines

 private:
  struct Key {
    IpAddress client;
    IpAddress server;
    uint16_t client_port = 0;
    uint16_t port = 0;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    size_t operator()(const Key& key) const;
  };
  struct Pending {
    uint32_t line = 0;
    Time begun;
    uint64_t packets = 0;  // from the client
    uint8_t client_flags = 0;
    uint8_t server_flags = 0;
    bool asked = false;  // a record of the client was seen
    bool first = false;
    bool told = false;
    bool blind = false;  // sampled, or flags are not known
  };
  void ask(const Key& key, const model::Flow& flow, const Line& line);
  void answer(const Key& key, const model::Flow& flow, const Line& line);
  Pending* pending_of(const Key& key, const Line& line, Time begun);
  void tell(const Key& key, Pending& p, model::Outcome outcome);
  void judge(const Key& key, Pending& p);
  model::Outcome unanswered(const Key& key, const Pending& p);
  bool is_first(const Line& line, const Key& key, Time begun);
  // What is remembered of it.
  [[nodiscard]] uint64_t destination_of(const IpAddress& server) const;

  LineOf line_of_;
  std::function<uint32_t(const IpAddress&)> origin_of_;
  Sink sink_;
  bool one_way_ = false;
  Time now_;
  std::unordered_map<Key, Pending, Hash> pending_;
  std::deque<std::pair<Time, Key>> due_;
  std::map<Duration, Destinations> memories_;
  std::vector<bool> mailed_;  // by line
  size_t lines_ = 0;
  Outages outages_;
  bool wants_volume_ = false;
  MailVolumes volumes_;
  Counters counters_;
};

}  // namespace postern::fold
