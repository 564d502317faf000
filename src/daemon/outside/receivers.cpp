// SPDX-License-Identifier: Apache-2.0
#include "daemon/outside/receivers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <utility>

#include "sys/log.h"
#include "wire/mail/feedback/header.h"

namespace postern::daemon {
namespace {

using fold::Answered;
using wire::PostfixAnswer;

constexpr size_t kReceiversShown = 32;

std::optional<Answered> answered(PostfixAnswer answer) {
  switch (answer) {
    case PostfixAnswer::none:
      return std::nullopt;
    case PostfixAnswer::delivered:
      return Answered::delivered;
    case PostfixAnswer::put_off:
      return Answered::put_off;
    case PostfixAnswer::refused:
      return Answered::refused;
    case PostfixAnswer::unknown:
      return Answered::unknown;
    case PostfixAnswer::unreachable:
      return Answered::unreachable;
    case PostfixAnswer::not_taken:
      return Answered::not_taken;
  }
  return std::nullopt;
}

// A name that stands in a fact and on a terminal: what no host name holds is left out.
std::string domain_of(std::string_view recipient) {
  const size_t at = recipient.rfind('@');
  std::string out = wire::lower_case(at == std::string_view::npos ? std::string_view() : recipient.substr(at + 1));
  std::erase_if(out,
                [](char c) { return !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'); });
  return out;
}

}  // namespace

void ReceiverWatch::tried(const wire::PostfixLogLine& line, Time now) {
  if (const auto what = answered(line.answer)) receivers_.saw(domain_of(line.recipient), *what, now);
  if (line.deferred) queue_.put_off(line.queue_id, now - seconds(line.delay_s), now);
}

void ReceiverWatch::tell_cold(const std::string& domain, bool cold) {
  if (cold == cold_.contains(domain)) return;
  if (cold) {
    cold_.insert(domain);
    sys::log(sys::Level::warning, "reputation", "RECEIVER_COLD", "a receiver puts off or refuses much more than before",
             {{"receiver", domain}});
  } else {
    cold_.erase(domain);
    sys::log(sys::Level::info, "reputation", "RECEIVER_WARM", "a receiver takes mail as before",
             {{"receiver", domain}});
  }
}

void ReceiverWatch::report(RoleReport& report, Time now) {
  std::set<std::string> cold;
  for (const fold::Receivers::Row& r : receivers_.rows(now, kReceiversShown)) {
    const auto sums = [](const fold::Answers& a) {
      return fmt::format("{}\t{}\t{}\t{}\t{}", a.answers(), a[Answered::put_off], a[Answered::refused],
                         a[Answered::unknown], a[Answered::unreachable]);
    };
    report.facts["receiver." + r.domain] =
        fmt::format("{}\t{}\t{}", r.cold ? "cold" : "", sums(r.hour), sums(r.before));
    if (r.cold) cold.insert(r.domain);
  }
  for (const std::string& domain : std::set(cold_)) tell_cold(domain, cold.contains(domain));
  for (const std::string& domain : cold) tell_cold(domain, true);
  if (!cold.empty())
    report.facts["fault.reputation"] = fmt::format(
        "receivers put off or refuse much more mail than before: {} (postern reputation show)", fmt::join(cold, ", "));
  const Duration oldest = queue_.oldest(now);
  if (oldest > queue_age_)
    report.facts["fault.relay_queue"] = fmt::format("mail waits in the relay's queue for {} (postern reputation show)",
                                                    to_string(minutes(oldest.seconds() / 60)));
  report.counters["reputation.receivers"] = receivers_.domains();
  report.counters["reputation.receivers_crowded_total"] = receivers_.crowded();
  report.counters["reputation.queue_waiting"] = queue_.waiting();
  report.counters["reputation.queue_oldest_s"] = static_cast<uint64_t>(oldest.seconds());
  report.counters["reputation.queue_left_out_total"] = queue_.left_out();
}

}  // namespace postern::daemon
