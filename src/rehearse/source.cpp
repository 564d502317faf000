// SPDX-License-Identifier: Apache-2.0
#include "rehearse/source.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <lzma.h>
#include <zlib.h>

namespace postern::rehearse {
namespace {

constexpr size_t kBufferBytes = 65'536;
constexpr uint64_t kXzMemoryMax = uint64_t{256} << 20;  // an xz file says how much it wants
constexpr std::array<uint8_t, 2> kGzip{0x1f, 0x8b};
constexpr std::array<uint8_t, 6> kXz{0xfd, '7', 'z', 'X', 'Z', 0};

enum class Packing : uint8_t { none, gzip, xz };

}  // namespace

struct Source::State {
  std::string name;
  std::FILE* file = nullptr;
  Packing packing = Packing::none;
  std::array<uint8_t, kBufferBytes> in{};
  size_t in_at = 0;
  size_t in_end = 0;
  bool in_over = false;
  bool over = false;
  z_stream gzip{};
  lzma_stream xz = LZMA_STREAM_INIT;
  std::string peeked;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (packing == Packing::gzip) inflateEnd(&gzip);
    if (packing == Packing::xz) lzma_end(&xz);
    if (file != nullptr && file != stdin) std::fclose(file);
  }

  Status fill() {
    if (in_at < in_end || in_over) return {};
    in_at = 0;
    in_end = std::fread(in.data(), 1, in.size(), file);
    if (in_end == 0) {
      if (std::ferror(file) != 0) return fail_errno("read " + name);
      in_over = true;
    }
    return {};
  }

  Result<size_t> unpacked(std::span<uint8_t> out) {
    while (!over) {
      PN_TRY_VOID(fill());
      const size_t got = PN_TRY(packing == Packing::none   ? plain(out)
                                : packing == Packing::gzip ? inflated(out)
                                                           : unxz(out));
      if (got != 0) return got;
    }
    return size_t{0};
  }

  Result<size_t> plain(std::span<uint8_t> out) {
    const size_t n = std::min(out.size(), in_end - in_at);
    std::memcpy(out.data(), in.data() + in_at, n);
    in_at += n;
    over = n == 0;
    return n;
  }

  [[nodiscard]] std::unexpected<Error> damaged(const char* what) const {
    return fail(Errc::bad_input, what, name, "what came before it was read; get the whole file");
  }

  Result<size_t> inflated(std::span<uint8_t> out) {
    if (in_over) return damaged("the gzip data are cut off");
    gzip.next_in = in.data() + in_at;
    gzip.avail_in = static_cast<uInt>(in_end - in_at);
    gzip.next_out = out.data();
    gzip.avail_out = static_cast<uInt>(out.size());
    const int said = inflate(&gzip, Z_NO_FLUSH);
    in_at = in_end - gzip.avail_in;
    const size_t got = out.size() - gzip.avail_out;
    if (said == Z_STREAM_END) {
      // Members may follow one another (RFC 1952 section 2.2).
      PN_TRY_VOID(fill());
      over = in_over;
      if (!over && inflateReset(&gzip) != Z_OK) return damaged("the gzip data are damaged");
    } else if (said != Z_OK && said != Z_BUF_ERROR) {
      return damaged("the gzip data are damaged");
    }
    return got;
  }

  Result<size_t> unxz(std::span<uint8_t> out) {
    xz.next_in = in.data() + in_at;
    xz.avail_in = in_end - in_at;
    xz.next_out = out.data();
    xz.avail_out = out.size();
    const lzma_ret said = lzma_code(&xz, in_over ? LZMA_FINISH : LZMA_RUN);
    in_at = in_end - xz.avail_in;
    const size_t got = out.size() - xz.avail_out;
    over = said == LZMA_STREAM_END;
    if (said == LZMA_MEMLIMIT_ERROR) return damaged("the xz data want more than 256 MiB of memory");
    if (said != LZMA_OK && said != LZMA_STREAM_END)
      return damaged(in_over ? "the xz data are cut off" : "the xz data are damaged");
    return got;
  }
};

Source::Source(std::unique_ptr<State> state) : state_(std::move(state)) {}
Source::Source(Source&&) noexcept = default;
Source& Source::operator=(Source&&) noexcept = default;
Source::~Source() = default;

Result<Source> Source::open(const std::string& path) {
  auto state = std::make_unique<State>();
  state->name = path == "-" ? "standard input" : path;
  state->file = path == "-" ? stdin : std::fopen(path.c_str(), "rbe");
  if (state->file == nullptr) return fail_errno("open " + path);
  PN_TRY_VOID(state->fill());
  const auto begins = [&](std::span<const uint8_t> magic) {
    return state->in_end >= magic.size() && std::equal(magic.begin(), magic.end(), state->in.begin());
  };
  if (begins(kGzip)) {
    if (inflateInit2(&state->gzip, 16 + MAX_WBITS) != Z_OK) return fail(Errc::io, "zlib does not start", path);
    state->packing = Packing::gzip;
  } else if (begins(kXz)) {
    if (lzma_stream_decoder(&state->xz, kXzMemoryMax, LZMA_CONCATENATED) != LZMA_OK)
      return fail(Errc::io, "liblzma does not start", path);
    state->packing = Packing::xz;
  }
  return Source(std::move(state));
}

const std::string& Source::name() const { return state_->name; }

Result<size_t> Source::read(std::span<uint8_t> out) {
  if (state_->peeked.empty()) return state_->unpacked(out);
  const size_t n = std::min(out.size(), state_->peeked.size());
  std::memcpy(out.data(), state_->peeked.data(), n);
  state_->peeked.erase(0, n);
  return n;
}

Result<std::string_view> Source::peek(size_t n) {
  while (state_->peeked.size() < n) {
    std::array<uint8_t, 64> more{};
    const size_t got =
        PN_TRY(state_->unpacked(std::span(more).first(std::min(n - state_->peeked.size(), more.size()))));
    if (got == 0) break;
    state_->peeked.append(reinterpret_cast<const char*>(more.data()), got);
  }
  return std::string_view(state_->peeked).substr(0, n);
}

Result<bool> Lines::next(std::string_view& line, bool& whole) {
  while (true) {
    const size_t lf = buffer_.find('\n', at_);
    const size_t left = buffer_.size() - at_;
    if (lf != std::string::npos || (end_ && left != 0) || left > kLineBytesMax) {
      const size_t length = lf != std::string::npos ? lf - at_ : left;
      line = std::string_view(buffer_).substr(at_, std::min(length, kLineBytesMax));
      whole = length <= kLineBytesMax;
      if (line.ends_with('\r')) line.remove_suffix(1);
      at_ += length + (lf != std::string::npos ? 1 : 0);
      ++number_;
      return true;
    }
    if (end_) return false;
    buffer_.erase(0, at_);
    at_ = 0;
    const size_t held = buffer_.size();
    buffer_.resize(held + kBufferBytes);
    const auto room = std::span(reinterpret_cast<uint8_t*>(buffer_.data()) + held, kBufferBytes);
    const Result<size_t> got = source_.read(room);
    buffer_.resize(held + (got ? *got : 0));
    if (!got) return std::unexpected(got.error());
    end_ = *got == 0;
  }
}

}  // namespace postern::rehearse
