// SPDX-License-Identifier: Apache-2.0
// The garden's pages, from facts to HTML. Pure; under 30 KB; what page/sheet.h promises. They tell what was seen, since
// when, what still works, what to do, how to reach a person, and take what the customer says.
#pragma once

#include <string>
#include <string_view>

#include "edge/garden/facts.h"
#include "edge/garden/words.h"
#include "page/provider.h"

namespace postern::edge::garden {

struct Visit {
  Facts facts;
  std::string address;  // of the asker: what to tell a person where there is no case number
  std::string action;   // of the form
  std::string token;
  bool noted = false;            // a button was just pressed
  std::string_view chosen = {};  // language, page/language.h; the other pages are told it as well
};

class Pages {
 public:
  explicit Pages(page::Provider provider) : provider_(std::move(provider)) {}

  [[nodiscard]] std::string portal(const Words& w, const Visit& visit) const;
  // For a line that is not in the garden any more; `again` = the address that was asked for, may be empty.
  [[nodiscard]] std::string open_again(const Words& w, std::string_view again, std::string_view chosen = {}) const;
  [[nodiscard]] std::string message(const Words& w, std::string_view title, std::string_view text,
                                    std::string_view chosen = {}) const;
  // The body of a redirect, for what does not follow it.
  [[nodiscard]] std::string pointer(const Words& w, std::string_view url) const;

 private:
  page::Provider provider_;
};

}  // namespace postern::edge::garden
