// SPDX-License-Identifier: Apache-2.0
#include "edge/autoconfig/autoconfig.h"

namespace postern::edge::autoconfig {

bool Autoconfig::handle(const sys::HttpRequest& request, const sys::HttpServer::Reply& reply) {
  const bool mine =
      request.path == "/mail/config-v1.1.xml" || request.path == "/.well-known/autoconfig/mail/config-v1.1.xml";
  if (!mine || xml_.empty()) return false;
  if (request.method != "GET" && request.method != "HEAD") {
    reply({.status = 405, .body = "this page is for GET\n", .headers = {{"Allow", "GET, HEAD"}}});
    return true;
  }
  ++served_;
  reply({.status = 200, .content_type = "text/xml; charset=utf-8", .body = xml_, .headers = {}});
  return true;
}

}  // namespace postern::edge::autoconfig
