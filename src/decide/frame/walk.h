// SPDX-License-Identifier: Apache-2.0
// One domain's MX walk is one contact (DETECTION.md section 1). Who delivers mail asks the DNS for a domain's MX and
// then tries its hosts in turn (RFC 5321 section 5.1): the first contact after a question is the act, the others within
// kWalkWithin are the same act going on, at most kMxHostsMost hosts in all. Contacts that no question explains are acts
// of their own, so who brings a list of addresses gains nothing, and who asks once and then tries many gains a factor
// of kMxHostsMost for two minutes. Questions and contacts may come in either order; what counts is when they happened.
#pragma once

#include <algorithm>
#include <array>

#include "base/fields.h"
#include "base/time.h"

namespace postern::decide::detect {

class Walk {
 public:
  static constexpr Duration kWalkWithin = minutes(2);  // four connection timeouts of 30 s, as mail servers have them
  static constexpr uint8_t kMxHostsMost = 5;           // Postfix: smtp_mx_address_limit
  static constexpr size_t kQuestionsKept = 3;          // the latest; more at once than that are more acts

  void asked(Time at) {
    Question& q = *std::ranges::min_element(questions_, {}, &Question::at_s);
    q = {second_of(at), 0};
  }

  // A first contact at `at`: true when it is a further host of an act that was seen already.
  bool goes_on(Time at) {
    Question* walked = nullptr;
    for (Question& q : questions_) {
      if (q.at_s == 0 || q.at_s > second_of(at) || second_of(at) - q.at_s > kWalkWithin.seconds()) continue;
      if (q.hosts == 0) {
        q.hosts = 1;
        return false;
      }
      if (q.hosts < kMxHostsMost && (walked == nullptr || q.at_s > walked->at_s)) walked = &q;
    }
    if (walked != nullptr) ++walked->hosts;
    return walked != nullptr;
  }

  bool operator==(const Walk&) const = default;

 private:
  struct Question {
    uint32_t at_s = 0;  // 0 = none
    uint8_t hosts = 0;  // tried since
    bool operator==(const Question&) const = default;
    PN_FIELDS(at_s, hosts)
  };
  static uint32_t second_of(Time t) { return static_cast<uint32_t>(t.unix_seconds()); }

  std::array<Question, kQuestionsKept> questions_{};

 public:
  PN_FIELDS(questions_)
};

}  // namespace postern::decide::detect
