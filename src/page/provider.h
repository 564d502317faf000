// SPDX-License-Identifier: Apache-2.0
// [provider] of postern.toml, as the pages need it.
#pragma once

#include <string>

namespace postern::page {

struct Provider {
  std::string name;
  std::string url;         // base of these pages; its path part is put before every link
  std::string contact;     // mail address; may be empty
  std::string phone;       // may be empty
  std::string relay_host;  // may be empty: "the one of your mail provider"
};

// Path part of the provider's URL, without a slash at its end: "" or "/mail".
[[nodiscard]] std::string base_path_of(const Provider& provider);

}  // namespace postern::page
