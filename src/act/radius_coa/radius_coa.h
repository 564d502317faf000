// SPDX-License-Identifier: Apache-2.0
// Asks NASes to change sessions that are under way (RFC 5176), and says what they answered. Keeps nothing over a
// restart: who asks asks again. The same ask while it is under way is one ask; after its answer, the same answer.
//
// A request is sent up to `attempts` times, the pause doubling, always the same bytes with the same identifier (RFC
// 5080 section 2.2.1); all of it takes less than the 300 s a NAS accepts an Event-Timestamp for (RFC 5176 section 6.3).
// An answer counts when it comes from the NAS's address, to a request under way, with an authenticator that fits. One
// that does not fit is counted and waited out: anybody can send one; in the end the receipt tells it from silence.
// Limits: 256 requests of one NAS under way at once (identifiers), in_flight_max of all, queue_max that wait; beyond
// that an ask is dropped, counted, and asked again by who asked. One thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/endpoint.h"
#include "base/fields.h"
#include "base/time.h"
#include "model/order.h"
#include "model/plug.h"
#include "model/radius_attribute.h"
#include "sys/fd.h"
#include "sys/loop.h"
#include "wire/radius/dynauth.h"

namespace postern::sys {
struct Datagram;
}

namespace postern::act::radius_coa {

// What a session is found by at the NAS.
PN_ENUM(Identify, user_name, acct_session_id, nas_identifier, framed_ip_address, framed_ipv6_prefix,
        delegated_ipv6_prefix)

struct Nas {
  std::string name;  // Session::nas
  Endpoint address;
  IpAddress source;  // requests leave from it; none = the kernel's choice
  std::string secret;
  std::vector<Identify> identify;
  std::vector<wire::DynAuthVerb> methods;      // in their order
  std::vector<model::RadiusAttribute> garden;  // of a CoA-Request
  std::vector<model::RadiusAttribute> normal;  // of its paired restore; {class} is filled in
};

struct Config {
  std::vector<Nas> nases;
  Duration retransmit_after = seconds(2);
  uint32_t attempts = 4;
  size_t in_flight_max = 64;
  size_t queue_max = 16'384;
};

struct Stats {
  uint64_t asked = 0;
  uint64_t repeated_asks = 0;
  uint64_t sent = 0;
  uint64_t retransmitted = 0;
  uint64_t acknowledged = 0;
  uint64_t refused = 0;
  uint64_t silent = 0;
  uint64_t wrong_secret = 0;       // answers whose authenticator does not fit
  uint64_t broken = 0;             // answers that are none
  uint64_t duplicate_replies = 0;  // to nothing that is under way
  uint64_t stray = 0;              // from another address than the NAS's
  uint64_t clock_off = 0;          // a NAS's Event-Timestamp is more than 60 s from our clock
  uint64_t dropped = 0;            // asks beyond queue_max
  uint64_t send_failed = 0;
  PN_FIELDS(asked, repeated_asks, sent, retransmitted, acknowledged, refused, silent, wrong_secret, broken,
            duplicate_replies, stray, clock_off, dropped, send_failed)
};

// The attributes of the request; an error when the session has none of what it is to be found by.
[[nodiscard]] Result<std::vector<model::RadiusAttribute>> attributes_of(const Nas& nas, wire::DynAuthVerb verb,
                                                                        const model::PlugAsk& ask);

class RadiusCoa {
 public:
  using Answer = std::function<void(model::PlugAnswer)>;
  using Now = std::function<Time()>;

  RadiusCoa(Config config, sys::Loop& loop, Answer answer, Now now);
  RadiusCoa(const RadiusCoa&) = delete;
  RadiusCoa& operator=(const RadiusCoa&) = delete;
  ~RadiusCoa();

  [[nodiscard]] Status open();  // a socket for each NAS
  void ask(model::PlugAsk ask);

  [[nodiscard]] const Stats& stats() const { return stats_; }
  [[nodiscard]] size_t in_flight() const { return in_flight_; }
  [[nodiscard]] size_t waiting() const { return queue_.size(); }

 private:
  using Key = std::tuple<model::OrderId, uint32_t, uint8_t>;
  static Key key_of(const model::PlugAsk& ask) { return {ask.order, ask.round, ask.step}; }

  struct Flight {
    model::PlugAsk ask;
    wire::DynAuthVerb verb = wire::DynAuthVerb::coa;
    Bytes packet;
    wire::RadiusAuthenticator authenticator{};
    uint32_t sends = 0;
    uint32_t denied = 0;
    sys::Loop::TimerId timer = 0;
  };
  struct Peer {
    Nas nas;
    sys::Fd socket;
    uint8_t next_id = 0;
    std::map<uint8_t, Flight> flights;
  };

  void fill();
  void start(Peer& peer, const model::PlugAsk& ask);
  void send(Peer& peer, uint8_t id);
  void on_timer(Peer& peer, uint8_t id);
  void on_readable(Peer& peer);
  void on_datagram(Peer& peer, const sys::Datagram& datagram, ByteView bytes);
  void on_answer(Peer& peer, const wire::DynAuthAnswer& answer);
  void drop_older(const model::PlugAsk& ask);
  void settle(Peer& peer, uint8_t id, model::ReceiptState state, std::string detail);
  void say(const model::PlugAsk& ask, model::ReceiptState state, std::string detail);
  [[nodiscard]] Peer* peer_of(const std::string& nas);

  Config config_;
  sys::Loop& loop_;
  Answer answer_;
  Now now_;
  Stats stats_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::deque<model::PlugAsk> queue_;
  std::map<Key, std::optional<model::PlugAnswer>> known_;  // under way (none yet) and answered
  std::deque<Key> answered_;                               // oldest first
  size_t in_flight_ = 0;
  std::vector<std::byte> buffer_;
};

}  // namespace postern::act::radius_coa
