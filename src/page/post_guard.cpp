// SPDX-License-Identifier: Apache-2.0
#include "page/post_guard.h"

#include <array>
#include <sodium.h>

namespace postern::page {
namespace {

std::string_view host_of(std::string_view origin) {
  const size_t scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string_view() : origin.substr(scheme + 3);
}

}  // namespace

bool from_our_page(const Post& post, std::string_view wanted_token) {
  if (!post.sec_fetch_site.empty()) return post.sec_fetch_site == "same-origin";
  if (!post.origin.empty() && post.origin != "null") return host_of(post.origin) == post.host;
  return post.token.size() == wanted_token.size() &&
         sodium_memcmp(post.token.data(), wanted_token.data(), wanted_token.size()) == 0;
}

std::string form_token(std::span<const uint8_t, 32> secret, std::string_view text) {
  constexpr size_t kOctets = 16;
  std::array<unsigned char, kOctets> mac{};
  crypto_generichash(mac.data(), mac.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                     secret.data(), secret.size());
  std::array<char, 2 * kOctets + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), mac.data(), mac.size());
  return hex.data();
}

}  // namespace postern::page
