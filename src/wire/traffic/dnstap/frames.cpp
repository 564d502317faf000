// SPDX-License-Identifier: Apache-2.0
#include "wire/traffic/dnstap/frames.h"

#include <algorithm>
#include <fmt/format.h>

namespace postern::wire {
namespace {

constexpr uint32_t kContentType = 1;  // of a control frame's fields
constexpr size_t kWord = 4;

uint32_t word(ByteView bytes, size_t at) {
  uint32_t out = 0;
  for (size_t i = 0; i < kWord; ++i) out = out << 8 | static_cast<uint8_t>(bytes[at + i]);
  return out;
}

void put_word(Bytes& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::byte>(value >> shift & 0xff));
}

std::unexpected<Error> broken(std::string what) { return fail(Errc::bad_input, std::move(what), "dnstap"); }

// Among the content types of a control frame is ours; none at all stands for any.
Result<bool> is_dnstap(ByteView fields) {
  bool any = fields.empty();
  while (!fields.empty()) {
    if (fields.size() < 2 * kWord) return broken("a field of a control frame is cut");
    const uint32_t type = word(fields, 0);
    const uint32_t size = word(fields, kWord);
    if (size > fields.size() - 2 * kWord) return broken("a field of a control frame is longer than the frame");
    const ByteView value = fields.subspan(2 * kWord, size);
    any = any || (type == kContentType &&
                  std::ranges::equal(value, kDnstapContent, {}, [](std::byte b) { return static_cast<char>(b); }));
    fields = fields.subspan(2 * kWord + size);
  }
  return any;
}

}  // namespace

Bytes encode_control(uint32_t type, std::string_view content) {
  Bytes body;
  put_word(body, type);
  if (!content.empty()) {
    put_word(body, kContentType);
    put_word(body, static_cast<uint32_t>(content.size()));
    for (const char c : content) body.push_back(static_cast<std::byte>(c));
  }
  Bytes out;
  put_word(out, 0);
  put_word(out, static_cast<uint32_t>(body.size()));
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

Bytes encode_frame(ByteView body) {
  Bytes out;
  put_word(out, static_cast<uint32_t>(body.size()));
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

Result<size_t> Frames::size_of(ByteView have) const {
  if (have.size() < kWord) return 0;
  const uint32_t size = word(have, 0);
  if (size != 0) {
    if (state_ != State::data) return broken("a data frame before START");
    if (size > kFrameMax) return broken(fmt::format("a frame of {} octets", size));
    return kWord + size;
  }
  if (have.size() < 2 * kWord) return 0;
  const uint32_t control = word(have, kWord);
  if (control < kWord || control > kControlMax) return broken(fmt::format("a control frame of {} octets", control));
  return 2 * kWord + control;
}

Status Frames::take(ByteView bytes, Bytes& answer, const OnFrame& frame) {
  rest_.insert(rest_.end(), bytes.begin(), bytes.end());
  ByteView have = rest_;
  while (state_ != State::over) {
    const size_t size = PN_TRY(size_of(have));
    if (size == 0 || size > have.size()) break;
    const bool data = word(have, 0) != 0;
    if (data) frame(have.subspan(kWord, size - kWord));
    if (!data) PN_TRY_VOID(control(have.subspan(2 * kWord, size - 2 * kWord), answer));
    have = have.subspan(size);
  }
  if (state_ == State::over) have = {};  // nothing follows a STOP
  rest_.erase(rest_.begin(), rest_.end() - static_cast<ptrdiff_t>(have.size()));
  return {};
}

Status Frames::control(ByteView body, Bytes& answer) {
  const uint32_t type = word(body, 0);
  const auto reply = [&](uint32_t said, std::string_view content) {
    const Bytes bytes = encode_control(said, content);
    answer.insert(answer.end(), bytes.begin(), bytes.end());
  };
  if (type == kControlStop && state_ == State::data) {
    reply(kControlFinish, {});
    state_ = State::over;
    return {};
  }
  const bool ready = type == kControlReady && state_ == State::first;
  const bool start = type == kControlStart && (state_ == State::first || state_ == State::accepted);
  if (!ready && !start) return broken(fmt::format("control frame {} at the wrong place", type));
  if (!PN_TRY(is_dnstap(body.subspan(kWord)))) return broken("a stream of something else");
  if (ready) reply(kControlAccept, kDnstapContent);
  state_ = ready ? State::accepted : State::data;
  return {};
}

}  // namespace postern::wire
