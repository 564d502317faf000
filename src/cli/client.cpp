// SPDX-License-Identifier: Apache-2.0
#include "cli/client.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <memory>

namespace postern::cli {

namespace {
constexpr size_t kAnswerBytesMax = size_t{256} << 20;
constexpr long kTimeoutS = 60;

size_t collect(char* data, size_t size, size_t count, void* to) {
  auto& text = *static_cast<std::string*>(to);
  if (text.size() + size * count > kAnswerBytesMax) return 0;
  text.append(data, size * count);
  return size * count;
}
struct FreeEasy {
  void operator()(CURL* c) const { curl_easy_cleanup(c); }
};
struct FreeList {
  void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};
}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

Result<Reply> call(const std::string& socket, const Call& what) {
  const std::unique_ptr<CURL, FreeEasy> curl(curl_easy_init());
  if (!curl) return fail(Errc::io, "libcurl does not start");
  std::string url = "http://postern" + what.path;
  char mark = '?';
  for (const auto& [name, value] : what.query) {
    if (value.empty()) continue;
    url += mark + name + "=" + escaped(value);
    mark = '&';
  }
  std::string text;
  std::string body;
  const std::unique_ptr<curl_slist, FreeList> headers(curl_slist_append(nullptr, "Content-Type: application/json"));
  curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, socket.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kTimeoutS);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &text);
  if (what.method == "POST") {
    body = what.body.is_null() ? "{}" : what.body.dump();
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  } else {
    curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, what.method.c_str());
  }
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK)
    return fail(Errc::unavailable, fmt::format("posternd does not answer: {}", curl_easy_strerror(code)), socket,
                "is posternd running, may you use the socket, and is --socket right?");
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  Result<wire::Json> parsed = wire::Json::parse(text, "answer", kAnswerBytesMax);
  if (!parsed && status < 400) return std::unexpected(parsed.error());
  return Reply{static_cast<int>(status), parsed ? std::move(*parsed) : wire::Json()};
}

Exit exit_of(int http_status) {
  if (http_status < 300) return Exit::ok;
  if (http_status == 400 || http_status == 413) return Exit::bad_input;
  if (http_status == 429 || http_status >= 500) return Exit::try_again;
  return Exit::no;
}

}  // namespace postern::cli
