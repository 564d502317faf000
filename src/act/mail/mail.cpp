// SPDX-License-Identifier: Apache-2.0
#include "act/mail/mail.h"

#include <algorithm>
#include <fmt/format.h>

#include "sys/log.h"

namespace postern::act::mail {
namespace {

constexpr Duration kLongest = seconds(60);  // one delivery
constexpr int kRefusedForNow = 400;         // RFC 5321 section 4.2.1
constexpr int kRefusedForGood = 500;

// The reply's codes (RFC 5321, RFC 3463): its text may name the recipient, and this is kept with the case.
std::string words_of(const sys::Transferred& done) {
  if (!done.reached) return done.why;
  if (done.status < kRefusedForNow) return done.answer;
  const size_t second = done.answer.find(' ', std::min<size_t>(4, done.answer.size()));
  const std::string codes = done.answer.substr(0, second);
  const bool enhanced = codes.size() > 4 && std::ranges::count(codes, '.') == 2;
  return fmt::format("refused by the relay: {}", enhanced ? codes : std::to_string(done.status));
}

}  // namespace

Mail::Mail(Config config, sys::Loop& loop, Settle settle, std::function<Time()> now)
    : config_(std::move(config)),
      now_(std::move(now)),
      transfers_(loop, kLongest),
      queue_("mail", {.retry_for = config_.retry_for}, loop,
             [settle = std::move(settle)](uint64_t id, bool taken, std::string words) {
               settle({{id}, taken ? model::ContactState::sent : model::ContactState::failed, std::move(words)});
             }) {}

void Mail::send(Letter letter) {
  const uint64_t id = letter.contact.value;
  const Duration waited = std::max(now_() - letter.at, Duration{});
  queue_.add(
      id, [this, letter = std::move(letter)](const sys::Retries::Report& report) { attempt(letter, report); }, waited);
}

sys::Retries::Outcome Mail::outcome_of(const sys::Transferred& done) {
  using enum sys::Retries::Outcome;
  if (!done.reached || (done.status >= kRefusedForNow && done.status < kRefusedForGood)) return not_now;
  if (done.status < kRefusedForGood) {
    relay_fault_.clear();
    return taken;
  }
  if (done.named_recipient) return refused;
  ++refused_by_relay_;
  if (relay_fault_ != done.answer) sys::log(sys::Level::error, "mail", "RELAY_REFUSES_US", done.answer);
  relay_fault_ = done.answer;
  return not_now;
}

void Mail::attempt(const Letter& letter, const sys::Retries::Report& report) {
  sys::MailTransfer mail;
  mail.server = config_.relay;
  mail.helo = config_.helo;
  mail.from = envelope_sender_of(letter, config_);
  mail.to = letter.to;
  mail.message = message_of(letter, config_);
  mail.require_tls = config_.require_tls;
  mail.ca = config_.ca;
  mail.user = config_.user;
  mail.password = config_.password;
  transfers_.start(std::move(mail),
                   [this, report](const sys::Transferred& done) { report(outcome_of(done), words_of(done)); });
}

}  // namespace postern::act::mail
