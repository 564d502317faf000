// SPDX-License-Identifier: Apache-2.0
// Meters: how much each line, account and class sent through the relay within the last hour and the last day, and the
// messages that are under way. All of it lies in one piece of memory that outlives the process (the supervisor keeps
// it): who takes it over after a crash goes on counting where the other stopped.
//
// A window slides: what is used = this period's count + that of the period before, weighed by how much of it the window
// still covers. Different domains are counted in a bitmap of 256 bits (linear counting: about 5 % off up to 600).
// Cost: 320 octets a meter, 16 more for the index, 392 more for an account's recipients, 48 a message; a decision
// touches a handful of cache lines however many meters there are.
//
// Bounds: `meters_max` and `messages_max`, fixed when the memory is made. A meter idle for two days (an account's: two
// months) gives its place up (sweep()); without a place find() gives none, and the caller counts that. Of messages the
// oldest of eight gives way. One thread. Times are seconds since 1970.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/result.h"
#include "edge/relay/memory.h"
#include "fold/recipients.h"
#include "sys/fd.h"

namespace postern::edge::relay {

// kilobytes: rounded up for each message. invalid: recipients that were asked for and not accepted by Postfix.
PN_ENUM(Quantity, messages, recipients, kilobytes, invalid, domains)
inline constexpr size_t kQuantities = pn_names_of_Quantity.size();
PN_ENUM(Window, hour, day)
inline constexpr size_t kWindows = pn_names_of_Window.size();
inline constexpr std::array<uint32_t, kWindows> kWindowSeconds{3'600, 86'400};

inline constexpr size_t kDomainBits = 256;
inline constexpr size_t kNameMax = 47;  // octets of an account's or class's name that are kept for people
inline constexpr uint32_t kClassLine = UINT32_MAX;
inline constexpr uint32_t kIdleSeconds = 2 * 86'400;
inline constexpr uint32_t kAccountIdleSeconds = 62 * 86'400;  // whom it wrote to is remembered for so long

struct Span {
  std::array<uint32_t, kQuantities> now{};     // domains: bits set
  std::array<uint32_t, kQuantities> before{};  // domains: bits set before and not now
  uint32_t period = 0;                         // time / length of the window
  std::array<uint64_t, kDomainBits / 64> seen{};
  std::array<uint64_t, kDomainBits / 64> seen_before{};
};

struct Meter {
  uint64_t key = 0;   // 0: a free place
  uint32_t line = 0;  // model::SubscriberId; 0: an account; kClassLine: a class
  uint32_t touched = 0;
  uint32_t refused = 0;     // answers over a limit, ever
  uint32_t auth_on_25 = 0;  // messages that were signed in for on port 25, ever
  uint8_t name_size = 0;
  std::array<char, kNameMax> name{};
  std::array<Span, kWindows> spans;
  std::array<uint32_t, kWindows> warned{};   // period in which its owner was last told that a limit is near
  std::array<uint32_t, kWindows> reached{};  // ... is reached

  // Moves the windows up to `now`; before anything else is asked of it.
  void roll(uint32_t now);
  void add(Quantity what, uint32_t n);
  void add_domain(uint64_t hash);
  // Whether this domain would be one more.
  [[nodiscard]] bool knows_domain(Window window, uint64_t hash) const;
  [[nodiscard]] uint32_t used(Window window, Quantity what, uint32_t now) const;
  // Seconds until `used` is at most `most`, if nothing more is sent.
  [[nodiscard]] uint32_t free_in(Window window, Quantity what, uint32_t most, uint32_t now) const;
  [[nodiscard]] std::string_view text() const { return {name.data(), std::min<size_t>(name_size, kNameMax)}; }
};
static_assert(sizeof(Meter) <= 320);

// A message under way: Postfix's `instance` joins its requests.
struct Message {
  uint64_t key = 0;   // 0: a free place
  uint64_t line = 0;  // keys of meters; 0 = none
  uint64_t account = 0;
  uint32_t at = 0;
  uint32_t asked = 0;  // recipients that were let pass
  bool data_seen = false;
};
static_assert(sizeof(Message) <= 48);
inline constexpr uint32_t kMessageSeconds = 3'600;  // then it is over, whatever became of it

struct Sizes {
  uint32_t meters_max = 131'072;
  uint32_t messages_max = 16'384;
};

class Meters {
 public:
  // Takes over what `memory` (a memfd) holds when it was made with the same sizes; else begins anew. `fresh_key` is
  // then the key of its hashes: chosen names must not share a meter.
  [[nodiscard]] static Result<Meters> open(const sys::Fd& memory, Sizes sizes,
                                           const std::array<uint8_t, 16>& fresh_key);

  [[nodiscard]] uint64_t hash(std::string_view text) const;        // never 0
  [[nodiscard]] uint64_t hash_lower(std::string_view text) const;  // upper and lower case of ASCII alike; cut to 256

  [[nodiscard]] Meter* find(uint64_t key);
  // Whom the account of this meter wrote to. Of accounts only: what is not used takes no memory.
  [[nodiscard]] fold::Recipients& recipients_of(const Meter& meter) {
    return recipients_[static_cast<size_t>(&meter - rows_.data())];
  }
  // Makes one when there is none; nullptr: no place left.
  [[nodiscard]] Meter* find_or_make(uint64_t key, uint32_t line, std::string_view name, uint32_t now);

  [[nodiscard]] Message* message(uint64_t key, uint32_t now);
  // A fresh one for `key`. What gave way for it, or a free place (key 0), is in `gone`.
  [[nodiscard]] Message& begin_message(uint64_t key, uint32_t now, Message& gone);
  void end_message(Message& m) { m = Message{}; }

  // Looks at some meters and some messages; calls `over` for messages that nothing was heard of (`unfinished_s` before
  // their DATA), and forgets them.
  template <class Over>
  void sweep(uint32_t now, uint32_t unfinished_s, Over&& over) {
    sweep_meters(now);
    for (size_t n = 0; n < kSweptMessages; ++n) {
      Message& m = messages_[next_message_++ % messages_.size()];
      if (m.key == 0 || m.at + (m.data_seen ? kMessageSeconds : unfinished_s) > now) continue;
      over(m);
      end_message(m);
    }
  }

  // Places that were ever used; free ones among them have key 0.
  [[nodiscard]] std::span<const Meter> rows() const;
  [[nodiscard]] uint32_t used() const { return used_; }
  [[nodiscard]] bool adopted() const { return adopted_; }  // counts of a process before this one

 private:
  static constexpr size_t kSweptMeters = 1'024;
  static constexpr size_t kSweptMessages = 1'024;
  struct Place {
    uint64_t key = 0;
    uint32_t row = 0;
  };
  struct Header;

  Meters() = default;
  void index_rows();
  void sweep_meters(uint32_t now);
  [[nodiscard]] size_t place_of(uint64_t key) const;  // where it is, or the free place where it would be
  void remove(size_t place);

  SharedMemory memory_;
  Header* header_ = nullptr;
  std::array<uint8_t, 16> hash_key_{};
  std::span<Meter> rows_;
  std::span<Message> messages_;
  std::span<fold::Recipients> recipients_;  // by row
  // Private: made again from the rows when the memory is taken over.
  std::vector<Place> index_;
  std::vector<uint32_t> free_;
  uint32_t used_ = 0;
  bool adopted_ = false;
  size_t next_row_ = 0;
  size_t next_message_ = 0;
};

}  // namespace postern::edge::relay
