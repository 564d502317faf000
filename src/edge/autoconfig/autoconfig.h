// SPDX-License-Identifier: Apache-2.0
// Autoconfig: serves the file that mail programs ask for to set themselves up; on the notice page's listener, on the
// two paths that Mozilla's autoconfiguration knows. One text for everybody, made once. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "sys/http/http.h"

namespace postern::edge::autoconfig {

class Autoconfig {
 public:
  // `xml` empty: nothing is served.
  explicit Autoconfig(std::string xml) : xml_(std::move(xml)) {}

  // false: not one of its paths.
  [[nodiscard]] bool handle(const sys::HttpRequest& request, const sys::HttpServer::Reply& reply);
  [[nodiscard]] uint64_t served() const { return served_; }

 private:
  std::string xml_;
  uint64_t served_ = 0;
};

}  // namespace postern::edge::autoconfig
