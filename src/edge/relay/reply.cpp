// SPDX-License-Identifier: Apache-2.0
// What people are told: the sentences of Judge, the same through whatever protocol they were asked for.
#include <fmt/format.h>

#include "edge/relay/judge.h"

namespace postern::edge::relay {
namespace {

std::string_view words_of(Quantity q) {
  switch (q) {
    case Quantity::messages:
      return "messages";
    case Quantity::recipients:
      return "recipients";
    case Quantity::kilobytes:
      return "kB of mail";
    case Quantity::invalid:
      return "% of recipients that do not exist";
    case Quantity::domains:
      return "domains of recipients";
  }
  return {};
}

}  // namespace

Reply Judge::reply(const Answer& a, Time now) const {
  const std::string_view whose = a.of_account ? "account" : "line";
  const auto text = [&](const std::string& said) {
    return fmt::format("{}: {} {}", config_.provider, said, config_.url);
  };
  switch (a.rule) {
    case Rule::auth_needed:
      return {530, "5.7.0", text("Authentication required: sign in with your mail account on port 587 or 465.")};
    case Rule::tls_needed:
      return {
          538, "5.7.11",
          text("Encryption required: switch on SSL/TLS in your mail program and change your password, it was sent in "
               "the clear.")};
    case Rule::auth_on_25:
      return {550, "5.7.1",
              text(fmt::format("Signing in on port 25 has ended: set your mail program to {}, port 587 "
                               "(STARTTLS) or 465.",
                               config_.relay_host))};
    case Rule::no_session:
      return {450, "4.7.1",
              text("Your address belongs to no line that is online now: sign in on port 587, or try later.")};
    case Rule::shared:
      return {450, "4.7.1",
              text("Several lines share your address, and it cannot be told which one this is: sign in on port 587 or "
                   "465, or try again.")};
    case Rule::too_many_recipients:
      return {452, "4.5.3", text(fmt::format("Not more than {} recipients in one message.", a.most))};
    case Rule::too_large:
      return {552, "5.3.4",
              text(fmt::format("Larger than the {} kB that your {} may send within one {}.", a.most, whose,
                               to_string(a.window)))};
    case Rule::held:
      return {450, "4.7.1",
              text("Your account is on hold: its password seems to be in other hands. Nothing is lost, your mail waits "
                   "where it is. Choose a new password, or call us.")};
    case Rule::over: {
      const std::string again = to_string(Time{(now + seconds(a.again_in_s)).unix_seconds() * 1'000'000});
      const std::string limit = fmt::format("limit of {} {} within one {}: try again after {}.", a.most,
                                            words_of(a.what), to_string(a.window), again);
      return {450, "4.7.1",
              text(a.of_class ? "All lines of your kind together reached their " + limit
                              : fmt::format("Your {} reached its {}", whose, limit))};
    }
    default:
      return {};
  }
}

}  // namespace postern::edge::relay
