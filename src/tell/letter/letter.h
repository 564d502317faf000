// SPDX-License-Identifier: Apache-2.0
// What a notice says: one text for each model::Notice and language, from the facts of the case. Pure. The same words
// for the mail, the gateway and the person on the phone. Laws: nobody gets the first scare twice (each notice is a text
// of its own); a date is named only where a restriction would really follow (`restricts`), so that shadow mode never
// threatens; evidence is the line's own and dated; every text names a person to talk to and a page to open.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "model/case.h"
#include "model/finding.h"

namespace postern::tell::letter {

inline constexpr size_t kEvidenceShown = 8;

struct Provider {
  std::string name;
  std::string contact;  // mail address
  std::string phone;
  std::string relay_host;
};

struct Facts {
  Provider provider;
  std::string customer;  // name; empty = not known
  std::string language;  // of the subscriber, BCP 47
  std::string line_key;
  model::Case case_;
  std::vector<model::Increment> evidence;  // oldest first
  bool restricts = false;                  // a restriction follows the deadline (mode on)
  bool garden = false;                     // and takes everything
  Time plug_at;                            // with Notice::disconnecting
  Duration release_after;
  uint32_t self_releases_left = 0;
  std::string page;  // opened from the line it shows more and has the buttons
};

struct Text {
  std::string language;
  std::string subject;
  std::string body;    // plain text, LF line ends, lines of at most 76 characters where words allow
  std::string short_;  // one sentence for a text message
  std::string call;    // what a person says on the telephone: one line, no addresses
};

[[nodiscard]] Text compose(model::Notice notice, const Facts& facts);

}  // namespace postern::tell::letter
