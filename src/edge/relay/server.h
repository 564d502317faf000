// SPDX-License-Identifier: Apache-2.0
// Server: unix and TCP sockets on which Postfix asks, in one protocol (talk.h), and is answered at once. It never waits
// for another process.
//
// Requests may be pipelined and cut into reads as they come. Limits, each with a counter: connections_max (the one idle
// longest is closed), kTalkOctetsMax of what is not at its end, and a peer that does not take its answers is not read
// on. A peer that speaks another protocol is closed. Over TCP only loopback and `clients` are served.
// Cost: about 150 octets a connection between requests. One thread: the Loop's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <sys/epoll.h>
#include <vector>

#include "base/ip.h"
#include "base/result.h"
#include "base/time.h"
#include "edge/relay/talk.h"
#include "sys/fd.h"
#include "sys/loop.h"

namespace postern::edge::relay {

struct ServerConfig {
  uint32_t connections_max = 2'000;
  std::vector<Prefix> clients;
  // Acknowledges what came over TCP without delay: a peer that writes twice before it reads (a milter's) would wait
  // 40 ms for that otherwise.
  bool acknowledge_at_once = false;
};

struct Clock {
  std::function<Time()> utc;
};

struct ServerStats {
  uint64_t accepted = 0;
  uint64_t broken = 0;     // peers that spoke another protocol
  uint64_t strangers = 0;  // TCP peers that may not ask
  uint64_t evicted = 0;    // connections_max or descriptors ran out
  uint64_t accept_failed = 0;
  PN_FIELDS(accepted, broken, strangers, evicted, accept_failed)
};

class Server {
 public:
  // `listeners`: bound and listening, unix or TCP.
  [[nodiscard]] static Result<std::unique_ptr<Server>> make(ServerConfig config, std::vector<sys::Fd> listeners,
                                                            NewTalk talk, Clock clock);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // From here on the loop serves; it must outlive the Server.
  void start(sys::Loop& loop);
  [[nodiscard]] const ServerStats& stats() const { return stats_; }
  [[nodiscard]] uint32_t open() const { return open_; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Connection {
    int fd = -1;
    uint32_t generation = 0;
    uint32_t previous = kNone;  // in order of last activity
    uint32_t next = kNone;      // there, or in the list of free ones
    bool over_tcp = false;
    bool owes = false;   // `out` waits for the peer
    bool ended = false;  // closed as soon as `out` is taken
    std::unique_ptr<Talk> talk;
    std::string in;  // of what is not at its end
    std::string out;
  };

  Server(ServerConfig config, std::vector<sys::Fd> listeners, NewTalk talk, Clock clock, sys::Fd epoll);
  void serve();
  void accept_some(const sys::Fd& listener);
  [[nodiscard]] bool may_ask(int fd) const;
  void add(int fd, bool over_tcp);
  void handle(Connection& c, uint32_t events);
  void receive(Connection& c);
  void send(Connection& c);
  void watch(const Connection& c, uint32_t events);
  void close(Connection& c);
  void touch(Connection& c);
  void link(Connection& c);
  void unlink(Connection& c);
  void pause_accept(bool pause);
  [[nodiscard]] uint32_t index_of(const Connection& c) const { return static_cast<uint32_t>(&c - all_.data()); }

  ServerConfig config_;
  std::vector<sys::Fd> listeners_;
  NewTalk talk_;
  Clock clock_;
  sys::Fd epoll_;
  sys::Loop* loop_ = nullptr;
  sys::Loop::TimerId timer_ = 0;
  std::vector<Connection> all_;
  uint32_t free_ = kNone;
  uint32_t oldest_ = kNone;
  uint32_t newest_ = kNone;
  uint32_t open_ = 0;
  bool paused_ = false;
  Time now_;
  std::vector<char> buffer_;
  ServerStats stats_;
};

}  // namespace postern::edge::relay
