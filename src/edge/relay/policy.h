// SPDX-License-Identifier: Apache-2.0
// PolicyTalk: Postfix's policy questions (wire/postfix_policy), answered from the Judge. RCPT, DATA and END-OF-MESSAGE
// are judged; every other state passes. No allocation for a request that passes.
//
// When Postern is away Postfix does what main.cf says (default_action); examples/relay says DUNNO: mail passes
// unmetered, and Postfix's own reject_unauth_destination still holds. Messages that passed so are counted at the first
// of their requests that is seen again.
#pragma once

#include <string>
#include <string_view>

#include "edge/relay/judge.h"
#include "edge/relay/talk.h"
#include "wire/postfix_policy/request.h"

namespace postern::edge::relay {

class PolicyTalk final : public Talk {
 public:
  PolicyTalk(Judge& judge, TalkStats& stats) : judge_(judge), stats_(stats) {}
  [[nodiscard]] Result<bool> take(std::string_view& bytes, std::string& out, Time now) override;

 private:
  void answer(const wire::PolicyRequest& request, std::string& out, Time now);

  Judge& judge_;
  TalkStats& stats_;
  wire::PolicyReader reader_;
};

}  // namespace postern::edge::relay
