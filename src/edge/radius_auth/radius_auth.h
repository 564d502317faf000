// SPDX-License-Identifier: Apache-2.0
// What a RADIUS server is told of a line that logs in: GET /v1/authorize?user=USER-NAME, as rlm_rest of FreeRADIUS
// asks.
//   200  the line's plug is pulled: the reply attributes of the garden, in the JSON that rlm_rest documents
//   204  nothing is held against it
//   400  no user; 403  this address may not ask; 404, 405  another question
//   503  the brain has not said yet which lines are held: the RADIUS server lets the line log in as usual
// Answers from the list it was last given, so a dead brain changes nothing. Never decides. One thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fields.h"
#include "base/ip.h"
#include "sys/http/http.h"

namespace postern::edge::radius_auth {

inline constexpr size_t kUserOctetsMax = 253;  // of a RADIUS text

struct Config {
  std::vector<Prefix> allow;
  std::vector<std::string> garden;  // "Filter-Id = \"garden\"" (model/radius_attribute.h), checked before
};

struct Stats {
  uint64_t asked = 0;
  uint64_t garden = 0;
  uint64_t normal = 0;
  uint64_t not_allowed = 0;
  uint64_t broken = 0;
  uint64_t no_list = 0;
  PN_FIELDS(asked, garden, normal, not_allowed, broken, no_list)
};

class RadiusAuth {
 public:
  explicit RadiusAuth(const Config& config);

  // All lines that are held, sorted.
  void take(std::vector<std::string> keys);
  [[nodiscard]] sys::HttpResponse answer(const sys::HttpRequest& request);

  [[nodiscard]] bool has_list() const { return has_list_; }
  [[nodiscard]] size_t held() const { return keys_.size(); }
  [[nodiscard]] const Stats& stats() const { return stats_; }

 private:
  std::vector<Prefix> allow_;
  std::string garden_reply_;
  std::vector<std::string> keys_;
  bool has_list_ = false;
  Stats stats_;
};

}  // namespace postern::edge::radius_auth
