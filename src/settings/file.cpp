// SPDX-License-Identifier: Apache-2.0
#include "settings/file.h"

#include <cerrno>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>

namespace postern::settings {

Result<std::string> read_whole_file(const std::string& path, size_t bytes_max) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status))
    return fail(Errc::bad_input, "is a directory", path, "name the file in it");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail_errno(fmt::format("open {}", path));
  constexpr size_t kChunk = size_t{1} << 20;
  std::string out;
  if (std::filesystem::is_regular_file(status)) {
    const auto size = std::filesystem::file_size(path, error);
    if (!error && size <= bytes_max) out.reserve(size + kChunk);
  }
  while (in) {
    const size_t have = out.size();
    out.resize(have + kChunk);
    in.read(out.data() + have, kChunk);
    out.resize(have + static_cast<size_t>(in.gcount()));
    if (out.size() > bytes_max)
      return fail(Errc::limit, fmt::format("is larger than {} bytes", bytes_max), path, "is it the right file?");
  }
  if (in.bad()) return fail_errno(fmt::format("read {}", path));
  return out;
}

}  // namespace postern::settings
