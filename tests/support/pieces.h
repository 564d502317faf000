// SPDX-License-Identifier: Apache-2.0
// A stream as a server gets it: in pieces, with what was not taken yet kept in front of the next one. For tests and
// fuzz targets of readers that must not care how the bytes are cut.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace postern::testing {

// take(unread) takes one thing off `unread`, if there is a whole one; it returns false when there is none yet. It sets
// `broken` when the stream cannot go on.
template <class Take>
void feed(std::string_view stream, size_t piece, Take&& take) {
  std::string kept;
  bool broken = false;
  while (!stream.empty() && !broken) {
    kept += stream.substr(0, piece);
    stream.remove_prefix(std::min(piece, stream.size()));
    std::string_view unread = kept;
    while (!broken && take(unread, broken)) {
    }
    kept.erase(0, kept.size() - unread.size());
  }
}

}  // namespace postern::testing
