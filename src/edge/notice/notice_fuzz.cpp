// SPDX-License-Identifier: Apache-2.0
// A whole request as text: method, path, query, then "name: value" headers, an empty line and the body. Every one gets
// exactly one answer, and nothing that was sent comes back as markup.
#include "base/check.h"
#include "edge/notice/notice.h"

using namespace postern;
using namespace postern::edge::notice;

namespace {

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::array<uint8_t, 32> kSecret{1, 2, 3};
  static const tables::ReferenceKey kKey(kSecret);
  Time now{seconds(1'795'370'400).us};
  Notice notice(
      {.provider = {.name = "Example", .url = "http://x/base", .contact = "a@b", .phone = "1", .relay_host = ""}}, kKey,
      [](const Question&, const std::function<void(Facts)>& answer) {
        answer({.known = true, .own_session = true, .case_ = page::CaseFacts{.id = {1}, .summary = "s"}});
      },
      [](const model::PageConfirmed&, const std::function<void(bool)>& done) { done(true); },
      [](const IpAddress&, model::CustomerStatus, const std::function<void(bool)>& done) { done(true); },
      [now] { return now; }, [] { return 3U; });
  int answers = 0;
  notice.handle(request_of({reinterpret_cast<const char*>(data), size}), [&](const sys::HttpResponse& response) {
    ++answers;
    PN_CHECK(response.status >= 200 && response.status <= 503);
    PN_CHECK(response.body.find("<script") == std::string::npos && response.body.size() < size_t{30} * 1024);
    for (const auto& [name, value] : response.headers) PN_CHECK(value.find_first_of("\r\n") == std::string::npos);
  });
  PN_CHECK(answers == 1);
  return 0;
}
