// SPDX-License-Identifier: Apache-2.0
// A small HTTP/1.1 server on the role's own loop (libmicrohttpd, external epoll; no threads). TCP and unix listening
// sockets. Untrusted clients: connections, per-address connections, header and body octets and the time for one request
// are bounded; reaching a bound is a counter (stats) and a log line (HTTP_CONNECTIONS_FULL, HTTP_SLOW_CLIENT,
// HTTP_BODY_TOO_LARGE, HTTP_NO_ANSWER; MHD answers 431 and 414 for oversized headers itself).
// Every response carries strict security headers unless the handler gave its own value for one.
// One thread: everything is called from the loop's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/endpoint.h"
#include "base/fields.h"
#include "base/result.h"
#include "base/time.h"
#include "sys/fd.h"
#include "sys/loop.h"

namespace postern::sys {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;   // "GET", as sent
  std::string path;     // percent-decoded, no control characters; may hold "//" and ".."
  std::string query;    // raw, without "?"
  HttpHeaders headers;  // names in lower case
  std::string body;
  Endpoint peer;                     // none on a unix socket
  std::optional<uint32_t> peer_uid;  // unix sockets: SO_PEERCRED at connect

  // The first of that (lower case) name; "" if there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  HttpHeaders headers;
};

struct HttpLimits {
  unsigned connections = 512;
  unsigned connections_per_address = 32;  // TCP; 0 = no limit
  size_t header_octets = 16 * 1024;       // memory MHD has for one connection
  size_t body_octets = 16 * 1024;
  Duration idle_time = seconds(15);     // between requests
  Duration request_time = seconds(10);  // to send a whole request; to take a whole response
  Duration answer_time = seconds(10);   // for the handler; then 503
};

struct HttpStats {
  uint64_t connections = 0;  // ever
  uint64_t connections_open = 0;
  uint64_t connections_full = 0;  // times the bound was reached; more clients wait in the listen backlog
  uint64_t requests = 0;
  uint64_t body_too_large = 0;
  uint64_t slow_client = 0;
  uint64_t no_answer = 0;
  PN_FIELDS(connections, connections_open, connections_full, requests, body_too_large, slow_client, no_answer)
};

class HttpServer {
 public:
  // Call once, at any time from the loop's thread; later calls, and calls after the client or the server is gone, do
  // nothing.
  using Reply = std::function<void(HttpResponse)>;
  using Handler = std::function<void(HttpRequest, Reply)>;

  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(Loop& loop, Fd listening_socket, HttpLimits limits,
                                                                 Handler handler);
  // Waiting requests are answered 503. The listening socket is closed here, but stays open for other processes.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] const HttpStats& stats() const;

 private:
  class Core;
  explicit HttpServer(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace postern::sys
