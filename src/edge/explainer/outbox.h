// SPDX-License-Identifier: Apache-2.0
// Outbox: what a connection still owes its client. Replies of a few hundred octets fit the socket nearly always, so an
// idle connection pays one pointer; only a rest the kernel did not take is kept, and it is sent on when the socket is
// writable again. Never blocks. Bounded: the explainer reads no command while something is owed.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace postern::edge::explainer {

class Outbox {
 public:
  enum class Sent : unsigned char { all, some, failed };  // failed: the peer is gone

  [[nodiscard]] Sent send(int fd, std::string_view bytes);
  [[nodiscard]] Sent send_rest(int fd);
  [[nodiscard]] bool empty() const { return rest_ == nullptr; }
  void clear() { rest_.reset(); }

 private:
  std::unique_ptr<std::string> rest_;
};

}  // namespace postern::edge::explainer
