// SPDX-License-Identifier: Apache-2.0
// Names to addresses (c-ares on the role's own loop; no threads, no file: the name servers come from the caller). Both
// families at once, unless one is asked for. c-ares asks over UDP from a fresh random port with a random id, over TCP
// what was cut, follows CNAMEs, and takes the next server when one is silent. What comes back is foreign: at most
// kAnswerAddressesMax addresses of one name are taken. One thread.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "base/time.h"
#include "sys/loop.h"

namespace postern::sys {

inline constexpr size_t kAnswerAddressesMax = 64;

struct Addresses {
  std::vector<IpAddress> addresses;  // as they came
  Duration ttl;                      // the shortest on the way to them
};

class Resolver {
 public:
  // Errors: unavailable (no server answered), not_found (there is no such name, or it has no address).
  using Done = std::function<void(Result<Addresses>)>;

  // At least one server.
  [[nodiscard]] static Result<std::unique_ptr<Resolver>> make(Loop& loop, std::span<const Endpoint> servers);
  // Open questions end without an answer.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Answers once, perhaps at once, within about ten seconds for each server. Of one family alone: one question.
  void look_up(const std::string& name, Done done, Family only = Family::none);

 private:
  class Core;
  explicit Resolver(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace postern::sys
