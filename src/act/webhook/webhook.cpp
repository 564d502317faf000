// SPDX-License-Identifier: Apache-2.0
#include "act/webhook/webhook.h"

#include <algorithm>
#include <fmt/format.h>

#include "wire/base64.h"

namespace postern::act::webhook {
namespace {

constexpr Duration kLongest = seconds(20);
constexpr size_t kAtOnceMax = 4;
constexpr int kTimeout = 408;
constexpr int kTooEarly = 425;
constexpr int kTooMany = 429;

sys::Retries::Outcome outcome_of(const sys::Transferred& done) {
  using enum sys::Retries::Outcome;
  if (!done.reached) return not_now;
  if (done.status >= 200 && done.status < 300) return taken;
  const bool later = done.status == kTimeout || done.status == kTooEarly || done.status == kTooMany;
  return done.status >= 400 && done.status < 500 && !later ? refused : not_now;
}

}  // namespace

std::optional<std::string> key_of(std::string_view secret) {
  constexpr std::string_view kMark = "whsec_";
  if (secret.starts_with(kMark)) secret.remove_prefix(kMark.size());
  return wire::from_base64(secret);
}

std::string signature_of(const std::string& id, int64_t timestamp_s, const std::string& body, const std::string& key) {
  return "v1," + wire::hmac_sha256_base64(fmt::format("{}.{}.{}", id, timestamp_s, body), key);
}

Webhook::Webhook(Config config, sys::Loop& loop, Settle settle, std::function<Time()> now)
    : config_(std::move(config)),
      now_(std::move(now)),
      transfers_(loop, kLongest),
      queue_("webhook", {.at_once_max = kAtOnceMax, .retry_for = config_.retry_for}, loop,
             [settle = std::move(settle)](uint64_t id, bool taken, std::string words) {
               settle({{id}, taken ? model::ContactState::sent : model::ContactState::failed, std::move(words)});
             }) {}

void Webhook::send(Message message) {
  const uint64_t id = message.contact.value;
  const Duration waited = std::max(now_() - message.at, Duration{});
  queue_.add(
      id, [this, message = std::move(message)](const sys::Retries::Report& report) { attempt(message, report); },
      waited);
}

void Webhook::attempt(const Message& message, const sys::Retries::Report& report) {
  const std::string id = fmt::format("notice-{}", message.contact.value);
  const int64_t at = now_().unix_seconds();
  sys::PostTransfer post;
  post.url = config_.url;
  post.connect_to = config_.connect_to;
  post.body = message.body;
  post.ca = config_.ca;
  post.headers = {"Content-Type: application/json",
                  "User-Agent: postern",
                  "webhook-id: " + id,
                  fmt::format("webhook-timestamp: {}", at),
                  "webhook-signature: " + signature_of(id, at, message.body, config_.key),
                  "Expect:"};
  transfers_.start(std::move(post), [report](const sys::Transferred& done) {
    report(outcome_of(done), done.reached ? fmt::format("HTTP {}: {}", done.status, done.answer) : done.why);
  });
}

}  // namespace postern::act::webhook
