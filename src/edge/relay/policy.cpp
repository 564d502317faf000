// SPDX-License-Identifier: Apache-2.0
#include "edge/relay/policy.h"

namespace postern::edge::relay {
namespace {

static_assert(wire::kPolicyRequestOctetsMax <= kTalkOctetsMax);

Ask ask_of(const wire::PolicyRequest& r) {
  return {.client = r.client,
          .client_port = r.client_port,
          .port = r.server_port,
          .account = r.sasl_username,
          .tls = !r.encryption_protocol.empty(),
          .recipient = r.recipient,
          .recipients = r.recipient_count,
          .size = r.size,
          .message = r.instance};
}

}  // namespace

Result<bool> PolicyTalk::take(std::string_view& bytes, std::string& out, Time now) {
  while (!bytes.empty()) {
    const auto request = PN_TRY(reader_.take(bytes));
    if (!request) break;
    answer(*request, out, now);
  }
  return true;
}

void PolicyTalk::answer(const wire::PolicyRequest& request, std::string& out, Time now) {
  ++stats_.requests;
  Answer answer;
  if (request.state == wire::PolicyState::rcpt) answer = judge_.recipient(ask_of(request), now);
  if (request.state == wire::PolicyState::data) answer = judge_.data(ask_of(request), now);
  if (request.state == wire::PolicyState::end_of_message) answer = judge_.end(ask_of(request), now);
  if (!answer.refused()) return wire::append_policy_dunno(out);
  ++stats_.refused;
  const Reply reply = judge_.reply(answer, now);
  wire::append_policy_reply(out, {reply.code, reply.status, reply.text});
}

}  // namespace postern::edge::relay
