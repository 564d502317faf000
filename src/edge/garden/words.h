// SPDX-License-Identifier: Apache-2.0
// What the garden's page says in one language, beside page/case_words.h. {slots}: provider, relay, moment, url.
#pragma once

#include <array>
#include <string_view>

#include "page/case_words.h"

namespace postern::edge::garden {

struct Words {
  const page::CaseWords* about_case = nullptr;

  std::string_view garden_title, garden_lead, services_title, services_lead, case_title, case_lead, limit_title,
      limit_lead, none_title, none_lead, unknown_title, unknown_lead, open_again_title, open_again_lead, reload;
  std::string_view since;  // {moment}
  std::string_view works_heading;
  std::array<std::string_view, 5> works;  // mail, names, updates, emergency, this page
  std::string_view works_mail_unnamed;
  std::string_view stopped_heading;
  std::array<std::string_view, 2> stopped;
  std::string_view noted, retry_title, retry_text, refused_title, refused_text, fast_title, fast_text;
  std::string_view footer, redirect_title, redirect_text;
};

// For an Accept-Language header or a language; English if there is none that fits.
[[nodiscard]] const Words& words_for(std::string_view accept_language);

}  // namespace postern::edge::garden
