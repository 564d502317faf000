// SPDX-License-Identifier: Apache-2.0
// RADIUS accounting server (RFC 2866): who holds which address, told by the network's own access servers.
//
// A request is emitted once and acknowledged only after journaled(token): a NAS keeps sending what nobody has written
// down. The same request again (client address, port, identifier and authenticator; RFC 5080 section 2.2.2) is
// swallowed while in flight and acknowledged again from a bounded cache afterwards. An Acct-Status-Type that says
// nothing about sessions is acknowledged at once. Silent towards the network, counted and logged here: unknown clients,
// wrong secrets, broken packets, clients beyond their rate, and everything beyond in_flight_max. One thread; handlers
// run from the loop.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/endpoint.h"
#include "base/fields.h"
#include "base/time.h"
#include "model/observation.h"
#include "sys/fd.h"
#include "sys/loop.h"
#include "wire/radius/accounting.h"

namespace postern::sys {
struct Datagram;
}

namespace postern::observe::radius_acct {

struct Client {
  Prefix from;  // the longest that holds the sender wins
  std::string secret;
  uint32_t packets_per_s = 2'000;  // new requests, signed well; 0 = no limit
  uint32_t packets_burst = 10'000;
};

struct Config {
  std::vector<Client> clients;
  size_t dedup_entries_max = 262'144;  // answered requests remembered (about 160 B each); the oldest goes first
  size_t in_flight_max = 8'192;
  // An answered request is remembered so long: longer than a NAS retries, shorter than an identifier and a clock-less
  // packet (Accounting-On) can come round again.
  Duration duplicate_window = seconds(60);
  // The brain owes an answer so long; then the request counts as lost and its next retransmission as new.
  Duration in_flight_time = seconds(10);
};

struct Stats {
  uint64_t received = 0;
  uint64_t unknown_client = 0;
  uint64_t wrong_secret = 0;
  uint64_t broken = 0;
  uint64_t over_rate = 0;
  uint64_t in_flight_full = 0;
  uint64_t duplicate_in_flight = 0;
  uint64_t duplicate_answered = 0;
  uint64_t emitted = 0;
  uint64_t acknowledged = 0;  // first answers
  uint64_t not_of_sessions = 0;
  uint64_t lost_in_flight = 0;      // no journaled() within in_flight_time
  uint64_t unknown_token = 0;       // journaled() for one that is gone
  uint64_t duplicates_evicted = 0;  // before their window ended
  uint64_t clock_off = 0;           // Event-Timestamp not believed
  uint64_t prefix_left_out = 0;
  uint64_t send_failed = 0;
  PN_FIELDS(received, unknown_client, wrong_secret, broken, over_rate, in_flight_full, duplicate_in_flight,
            duplicate_answered, emitted, acknowledged, not_of_sessions, lost_in_flight, unknown_token,
            duplicates_evicted, clock_off, prefix_left_out, send_failed)
};

class RadiusAcct {
 public:
  using Emit = std::function<void(uint64_t token, model::Observation)>;
  using Now = std::function<Time()>;

  RadiusAcct(Config config, sys::Loop& loop, std::vector<sys::Fd> udp_sockets, Emit emit, Now now);
  RadiusAcct(const RadiusAcct&) = delete;
  RadiusAcct& operator=(const RadiusAcct&) = delete;
  ~RadiusAcct();

  // The observation of this token is on disk: answer. May be called from within Emit.
  void journaled(uint64_t token);
  // The brain that owed answers is gone: forget what is in flight, so that retransmissions count at once.
  void forget_in_flight();
  [[nodiscard]] const Stats& stats() const { return stats_; }
  [[nodiscard]] size_t in_flight() const { return flights_.size(); }

 private:
  struct Key {
    Endpoint client;
    uint8_t id = 0;
    wire::RadiusAuthenticator authenticator{};
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& k) const noexcept;
  };
  struct Known {
    int socket = -1;
    IpAddress asked;     // the address of ours the request came to
    size_t client = 0;   // index into config_.clients
    uint64_t token = 0;  // 0 = answered
  };
  struct Flight {
    Key key;
    Time since;
  };
  struct Bucket {
    int64_t tokens_micro = 0;
    Time filled;
  };

  void on_readable(int fd);
  void on_datagram(int fd, const sys::Datagram& datagram, ByteView bytes);
  void on_request(const Key& key, const Known& known, ByteView bytes);
  [[nodiscard]] const Client* client_of(const IpAddress& a) const;
  [[nodiscard]] bool take_token(size_t client);
  void send_answer(const Key& key, const Known& known);
  void answered(const Key& key, Known& known);
  void refuse(uint64_t& counter, std::string_view id, const Endpoint& client, const Error& why);
  void tick();

  Config config_;
  sys::Loop& loop_;
  std::vector<sys::Fd> sockets_;
  Emit emit_;
  Now now_;
  Stats stats_;
  std::vector<Bucket> buckets_;  // by client
  std::unordered_map<Key, Known, KeyHash> known_;
  std::map<uint64_t, Flight> flights_;         // by token, so oldest first
  std::deque<std::pair<Time, Key>> answered_;  // oldest first
  uint64_t next_token_ = 1;
  sys::Loop::TimerId timer_ = 0;
  std::array<std::byte, wire::kRadiusOctetsMax + 1> buffer_{};
};

}  // namespace postern::observe::radius_acct
