// SPDX-License-Identifier: Apache-2.0
// The web addresses that systems ask to find out whether they are on the Internet, and what they expect of them. From a
// line in the garden each is answered like everything else, with a redirect to the portal: that is what makes the
// system open its captive window (checked for each: Apple, Windows, Firefox and NetworkManager take anything that is
// not the expected body for a portal, Android and Chrome any 2xx that is not 204 and any 3xx; Android takes 511 for a
// broken network). From a line that is open again each is answered as the real server would, so that the window closes
// instead of asking for ever.
#pragma once

#include <string_view>

namespace postern::edge::garden {

struct Probe {
  std::string_view system;
  std::string_view host;  // empty = any
  std::string_view path;  // empty = any
  int status = 200;       // what the real server answers
  std::string_view content_type;
  std::string_view body;
};

// `host` in lower case without a port. nullptr: an ordinary request.
[[nodiscard]] const Probe* find_probe(std::string_view host, std::string_view path);

}  // namespace postern::edge::garden
