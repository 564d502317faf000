// SPDX-License-Identifier: Apache-2.0
// A full disk. The records that found no room stay in memory and are written as soon as there is some; until then the
// world sees nothing of them: no RADIUS answer, no table change, no answer to an operator but that it waits.
#include <fmt/format.h>
#include <unistd.h>

#include "daemon/brain/brain.h"
#include "sys/log.h"

namespace postern::daemon {
namespace {

constexpr Duration kRetry = seconds(1);
constexpr size_t kHeldMax = 16'384;  // messages; beyond it senders keep theirs (daemon/bus/outbox.h)

template <class... T>
bool is_one_of(const Message& message) {
  return (std::holds_alternative<T>(message) || ...);
}

}  // namespace

void Brain::hold(const Error& why) {
  // A fault that waiting does not mend. Nothing of it was shown to anybody; the engine is ahead of the journal.
  if (why.code != Errc::limit && why.code != Errc::unavailable) {
    sys::log(sys::Level::error, "brain", "JOURNAL_FAILED", why.text());
    ::_exit(74);
  }
  if (!holding()) {
    ++holds_;
    sys::log(sys::Level::error, "brain", "JOURNAL_HOLD",
             why.text() + "; nothing is acknowledged or changed until it can be written",
             {{"records", std::to_string(records_.size())}});
  }
  journal_fault_ = why.text();
  if (std::exchange(commit_due_, true)) return;
  loop_.after(kRetry, [this] { commit(); });
}

bool Brain::held_back(Role from, Message& message) {
  if (const auto* call = std::get_if<ApiCall>(&message)) {
    if (call->method == "GET" && call->path.ends_with("/status")) return false;
    wire::Json error = wire::Json::object({{"code", "unavailable"}, {"what", "the journal cannot be written"}});
    error.set("where", journal_fault_);
    error.set("fix", "make room; until then only status is answered");
    link_.send(from, ApiAnswer{call->token, 503, wire::Json::object({{"error", std::move(error)}}).dump()});
    return true;
  }
  if (!is_one_of<Observed, CustomerPressed, Receipts, PlugAnswers, WantSnapshot>(message)) return false;
  if (held_.size() < kHeldMax) {
    held_.emplace_back(from, std::move(message));
  } else if (!std::exchange(held_overflow_, true)) {
    sys::log(sys::Level::error, "brain", "JOURNAL_HOLD_FULL", "no more is kept here; senders keep what they can",
             {{"messages", std::to_string(kHeldMax)}});
  }
  return true;
}

void Brain::release() {
  sys::log(sys::Level::warning, "brain", "JOURNAL_BACK", "the journal is written again",
           {{"messages", std::to_string(held_.size())}});
  journal_fault_.clear();
  while (!held_.empty() && !holding()) {
    auto [from, message] = std::move(held_.front());
    held_.pop_front();
    on_message(from, std::move(message));
  }
  if (holding() || !held_overflow_) return;
  commit();
  // The senders still have what was not kept here, and send it again to a brain that starts.
  sys::log(sys::Level::warning, "brain", "JOURNAL_HOLD_RESTART", "starting again to be told what was not kept");
  ::_exit(0);
}

}  // namespace postern::daemon
