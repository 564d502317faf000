// SPDX-License-Identifier: Apache-2.0
// Garden: the web server of lines whose Internet access is paused (model::Hold::garden). Two doors:
//   steered()  TCP port 80 of such a line, whatever it was for: the gate steers it here. The portal's own address gets
//              the page, a GET of anything else a 302 to it, any other method 511 (RFC 6585 section 6). From a line
//              that is not in the garden (any more; a connection that was open when it was released) a probe gets what
//              its system hopes for (probes.h), all else a 503 "open again" that closes the connection: never a
//              redirect, so there is no loop.
//   portal()   on the notice page's listener, below the path of provider.url:
//                GET  /garden             the page of the line that asks, held or not
//                POST /garden             a button: Say, then back to the page
//                GET  /captive-portal/api RFC 8908: is this line captive, and where is the portal
// Who asks is the peer's address and nothing else; the published table says what the line has, the brain what is known
// of it. When the brain does not answer, the caller answers from the table alone.
//
// Never anything but http is redirected, nothing is cached (Cache-Control: no-store), no script, no cookie. The form
// counts only under the portal's own host name, where no page of another site can read its token.
// Limits: asks_per_min of a line (IPv6: /64), then 429; addresses_max remembered; connections and sizes as in
// sys/http.h. Trust: untrusted HTTP clients. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/fields.h"
#include "base/time.h"
#include "edge/garden/facts.h"
#include "edge/garden/page.h"
#include "page/ask_limit.h"
#include "sys/http/http.h"

namespace postern::edge::garden {

struct Config {
  page::Provider provider;
  std::string url;                         // of the portal page; "" = portal_url_of(provider)
  std::array<uint8_t, 32> token_secret{};  // any secret; a new one makes open pages' buttons ask again
  uint32_t asks_per_min = 600;
  size_t addresses_max = 16'384;
};

// Where a paused line is sent: the provider's page over plain http, so that it opens in a captive window whatever the
// clock of the device says. "https://help.isp.example/x" gives "http://help.isp.example/x/garden".
[[nodiscard]] std::string portal_url_of(const page::Provider& provider);

struct Stats {
  uint64_t redirected = 0;
  uint64_t probes = 0;  // of these: a system that looks for the Internet
  uint64_t not_get = 0;
  uint64_t open_again = 0;
  uint64_t pages = 0;
  uint64_t captive_asks = 0;  // RFC 8908
  uint64_t said = 0;
  uint64_t say_failed = 0;
  uint64_t foreign_post = 0;
  uint64_t over_rate = 0;
  uint64_t addresses_evicted = 0;
  PN_FIELDS(redirected, probes, not_get, open_again, pages, captive_asks, said, say_failed, foreign_post, over_rate,
            addresses_evicted)
};

class Garden {
 public:
  // What the published table says of an address.
  using HoldOf = std::function<model::Hold(const IpAddress&)>;
  // Answer once, at any time, on this thread.
  using Ask = std::function<void(const IpAddress& asker, std::function<void(Facts)>)>;
  // true: journaled. false: not now.
  using Say = std::function<void(const IpAddress& asker, model::CustomerStatus, std::function<void(bool)>)>;
  using Now = std::function<Time()>;

  // Must outlive the callbacks it hands out.
  Garden(Config config, HoldOf hold_of, Ask ask, Say say, Now now);
  Garden(const Garden&) = delete;
  Garden& operator=(const Garden&) = delete;

  void steered(const sys::HttpRequest& request, const sys::HttpServer::Reply& reply);
  // false: not one of its paths.
  [[nodiscard]] bool portal(const sys::HttpRequest& request, const sys::HttpServer::Reply& reply);
  [[nodiscard]] const Stats& stats() const { return stats_; }

 private:
  using Reply = sys::HttpServer::Reply;

  [[nodiscard]] bool too_fast(const sys::HttpRequest& request, const Reply& reply);
  void lead_there(const sys::HttpRequest& request, std::string_view host, const Reply& reply);
  void open_again(const sys::HttpRequest& request, std::string_view host, const Reply& reply);
  void visit(const sys::HttpRequest& request, const Reply& reply);
  void say(const sys::HttpRequest& request, const Reply& reply);
  void captive(const sys::HttpRequest& request, const Reply& reply);
  [[nodiscard]] std::string token_of(const sys::HttpRequest& request) const;
  [[nodiscard]] static sys::HttpResponse page(int status, std::string body);

  Config config_;
  Pages pages_;
  std::string base_path_;
  std::string portal_path_;  // below base_path_ or that of config_.url
  std::string portal_host_;  // lower case, no port 80
  HoldOf hold_of_;
  Ask ask_;
  Say say_;
  Now now_;
  page::AskLimit limit_;
  Stats stats_;
};

}  // namespace postern::edge::garden
