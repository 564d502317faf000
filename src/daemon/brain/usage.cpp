// SPDX-License-Identifier: Apache-2.0
// What the relay counted, for the customer's own page: the edge is asked about the line and the accounts of its
// customer, and the page goes out with the answer, or without it when that does not come soon. The brain keeps nothing.
#include <algorithm>

#include "daemon/brain/brain.h"
#include "daemon/relay.h"
#include "sys/clock.h"
#include "sys/log.h"

namespace postern::daemon {
namespace {

namespace relay = edge::relay;

constexpr size_t kPagesWaitingMax = 256;
constexpr Duration kUsageTime = seconds(1);  // well within what the web role gives the brain

// `usage` may be null: nothing was counted yet.
page::RelayMeter meter_of(const relay::Usage* usage, const relay::Limits& limits) {
  page::RelayMeter out;
  const auto used = [&](relay::Window w, relay::Quantity q) {
    const size_t at = static_cast<size_t>(w) * relay::kQuantities + static_cast<size_t>(q);
    return usage != nullptr && at < usage->used.size() ? usage->used[at] : 0U;
  };
  for (const auto q :
       {relay::Quantity::messages, relay::Quantity::recipients, relay::Quantity::kilobytes, relay::Quantity::domains})
    for (const auto w : {relay::Window::hour, relay::Window::day})
      out.counts.push_back({std::string(to_string(q)), std::string(to_string(w)), used(w, q),
                            limits.most[static_cast<size_t>(w)][static_cast<size_t>(q)]});
  // A share of recipients, from so many on.
  const uint32_t recipients = used(relay::Window::hour, relay::Quantity::recipients);
  const uint32_t invalid = used(relay::Window::hour, relay::Quantity::invalid);
  if (limits.invalid_percent != 0 && recipients >= relay::kInvalidFrom)
    out.counts.push_back(
        {"invalid", "hour", static_cast<uint32_t>(uint64_t{invalid} * 100 / recipients), limits.invalid_percent});
  return out;
}

}  // namespace

void Brain::ask_usage(PageWaiting waiting) {
  if (!relay_is_asked(settings_)) return link_.send(waiting.from, GardenTold{waiting.token, std::move(waiting.facts)});
  if (pages_waiting_.size() >= kPagesWaitingMax) return tell_unread(std::move(waiting));
  RelayAsk ask{
      .token = ++page_token_, .asker = Role::brain, .line = waiting.line, .account = {}, .rows_max = 0, .accounts = {}};
  if (const model::Subscriber* s = engine_.subscriber(waiting.line); s != nullptr && !s->accounts.erased)
    ask.accounts = *s->accounts;
  if (ask.accounts.size() > page::kRelayAccountsShown) ask.accounts.resize(page::kRelayAccountsShown);
  waiting.until = sys::monotonic() + kUsageTime;
  pages_waiting_.emplace(page_token_, std::move(waiting));
  link_.send(Role::edge, ask);
}

void Brain::tell_usage(const RelayTold& told) {
  const auto found = pages_waiting_.extract(told.token);
  if (!found) return;
  PageWaiting& waiting = found.mapped();
  page::RelayUsage usage{.read = true};
  const relay::Usage* of_line = nullptr;
  for (const relay::Usage& row : told.rows)
    if (row.line == waiting.line) of_line = &row;
  usage.meters.push_back(meter_of(of_line, limits_of(waiting.line).first));
  const model::Subscriber* s = engine_.subscriber(waiting.line);
  const std::vector<std::string> accounts =
      s == nullptr || s->accounts.erased ? std::vector<std::string>() : *s->accounts;
  for (size_t i = 0; i < std::min(accounts.size(), page::kRelayAccountsShown); ++i) {
    const auto row = std::ranges::find_if(told.rows, [&](const relay::Usage& u) {
      return !u.line && !u.of_class && model::account_name(u.account) == accounts[i].substr(0, relay::kNameMax);
    });
    page::RelayMeter meter = meter_of(row == told.rows.end() ? nullptr : &*row, relay_account_limits(settings_));
    meter.account = accounts[i];
    const model::Account* known = engine_.account(model::account_id(accounts[i]));
    meter.held = known != nullptr && known->state != model::AccountState::open;
    usage.meters.push_back(std::move(meter));
  }
  if (accounts.size() > page::kRelayAccountsShown)
    usage.accounts_left = static_cast<uint32_t>(accounts.size() - page::kRelayAccountsShown);
  waiting.facts.relay = std::move(usage);
  link_.send(waiting.from, GardenTold{waiting.token, std::move(waiting.facts)});
}

void Brain::tell_unread(PageWaiting waiting) {
  ++usage_unread_;
  sys::log(sys::Level::warning, "brain", "USAGE_UNREAD", "a customer's page goes out without what the relay counted");
  waiting.facts.relay.emplace();
  link_.send(waiting.from, GardenTold{waiting.token, std::move(waiting.facts)});
}

void Brain::give_up_usage() {
  const Duration now = sys::monotonic();
  while (!pages_waiting_.empty() && pages_waiting_.begin()->second.until <= now)
    tell_unread(std::move(pages_waiting_.extract(pages_waiting_.begin()).mapped()));
}

}  // namespace postern::daemon
