// SPDX-License-Identifier: Apache-2.0
// Proxies that carry strangers to mail servers: a request for a connection to a mail port, and the proxy's word that
// it has one. SOCKS 4 (and 4A), SOCKS 5 (RFC 1928 sections 4 and 6) and HTTP CONNECT (RFC 9110 section 9.3.6), on any
// port. A request alone says nothing: whoever scans for proxies asks everybody. The yes must come from where the
// request went, begin at the octet the asker waited for, and acknowledge the request; it is told once.
//
// Of HTTP the yes is a status line of 200 whose reason begins with "Connection", as the usual proxies write it: a
// filter cannot let all of the web's answers through. Names that are asked for are not read, nor is what is carried.
// Both must begin a segment; streams are not put together. Kept for kAnswerWithin: the two ends, two numbers and the
// port asked for. Bounded: kAskedMax, of which the oldest gives way, counted. Pure; foreign bytes in.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "wire/traffic/packet/connection.h"

namespace postern::wire {

struct Proxied {
  Time at;  // of the yes
  Connection through;
  uint16_t port = 0;  // of the mail server
};

class Proxies {
 public:
  static constexpr Duration kAnswerWithin = seconds(60);
  static constexpr size_t kAskedMax = 4'096;
  using Emit = std::function<void(const Proxied&)>;

  explicit Proxies(Emit emit) : emit_(std::move(emit)) {}

  void add(Time at, const PacketHeaders& packet);
  [[nodiscard]] size_t asked() const { return asked_.size(); }
  [[nodiscard]] uint64_t found() const { return found_; }
  [[nodiscard]] uint64_t forgotten_early() const { return asked_.forgotten_early(); }

 private:
  enum class Speaks : uint8_t { socks4, socks5, http };
  struct Asked {
    Time at;
    Speaks speaks = Speaks::socks5;
    uint16_t port = 0;
    uint32_t answers_at = 0;    // the octet of the proxy that its answer begins with
    uint32_t acknowledges = 0;  // the octet of the asker after its request
  };
  struct Request {
    Speaks speaks = Speaks::socks5;
    uint16_t port = 0;
  };
  [[nodiscard]] static std::optional<Request> request_of(ByteView said);
  [[nodiscard]] static std::optional<Speaks> yes_of(ByteView said);

  Emit emit_;
  Lately<Asked> asked_{kAnswerWithin, kAskedMax};
  uint64_t found_ = 0;
};

}  // namespace postern::wire
