// SPDX-License-Identifier: Apache-2.0
// A whole request as text: method, path, query, then "name: value" headers, an empty line and the body; through both
// doors, from a line in the garden and from one that is not. Every one gets exactly one answer; only the portal is ever
// redirected to, only from the garden, and nothing that was sent comes back as markup.
#include "base/check.h"
#include "edge/garden/garden.h"

using namespace postern;
using namespace postern::edge::garden;

namespace {

constexpr std::string_view kPortal = "http://help.isp.example/x/garden";

std::string_view line_of(std::string_view& rest) {
  const size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

sys::HttpRequest request_of(std::string_view rest) {
  sys::HttpRequest r;
  r.method = line_of(rest);
  r.path = line_of(rest);
  r.query = line_of(rest);
  for (std::string_view line = line_of(rest); !line.empty(); line = line_of(rest)) {
    const size_t colon = std::min(line.find(": "), line.size());
    r.headers.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 2, line.size())));
  }
  r.body = rest;
  return r;
}

void check(const sys::HttpResponse& response, bool held) {
  PN_CHECK(response.status >= 200 && response.status <= 511);
  PN_CHECK(response.body.find("<script") == std::string::npos && response.body.size() < size_t{30} * 1024);
  for (const auto& [name, value] : response.headers) {
    PN_CHECK(value.find_first_of("\r\n") == std::string::npos);
    if (name == "Location" && response.status == 302) PN_CHECK(held && value == kPortal);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const sys::HttpRequest request = request_of({reinterpret_cast<const char*>(data), size});
  for (const bool held : {true, false}) {
    Garden garden(
        {.provider = {.name = "Example", .url = "https://help.isp.example/x", .contact = "a@b"}},
        [held](const IpAddress&) { return held ? model::Hold::garden : model::Hold::none; },
        [](const IpAddress&, const std::function<void(Facts)>& told) {
          told({.known = true, .case_ = page::CaseFacts{}});
        },
        [](const IpAddress&, model::CustomerStatus, const std::function<void(bool)>& done) { done(true); },
        [] { return Time{seconds(1'795'370'400).us}; });
    int answers = 0;
    const auto reply = [&](const sys::HttpResponse& response) {
      ++answers;
      check(response, held);
    };
    garden.steered(request, reply);
    PN_CHECK(answers == 1);
    PN_CHECK(garden.portal(request, reply) == (answers == 2));
  }
  return 0;
}
