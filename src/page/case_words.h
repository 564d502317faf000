// SPDX-License-Identifier: Apache-2.0
// What is said about a case and its buttons, in one language; the sentences are in the catalogue of words/. {slots}:
// number, day, moment, count, services.
#pragma once

#include <array>
#include <string_view>

#include "page/language.h"
#include "page/sheet.h"

namespace postern::page {

struct CaseWords {
  const Calendar* calendar = nullptr;

  std::string_view seen_heading, seen_case, seen_services, seen_last;
  words::Counted seen_count;
  std::string_view seen_none, deadline;
  AttemptWords attempts;
  std::string_view mail_service, tcp, udp;  // {port}

  std::string_view steps_heading;
  std::array<std::string_view, 6> steps;
  std::string_view steps_after;

  std::string_view tell_heading, tell_why;
  // What the customer said last, by model::CustomerStatus.
  std::array<std::string_view, model::pn_names_of_CustomerStatus.size()> said;
  words::Counted fixed_left;
  std::string_view fixed_none, fixed_open, fixed_pending, still_seen;
  std::string_view read_button, fixed_button, help_button, dispute_button;
  std::string_view help_text, dispute_text;

  std::string_view person_heading, person_intro;  // {reference}
  PersonWords person;
};

// For an Accept-Language header or a language; English if there is none that fits.
[[nodiscard]] const CaseWords& case_words(std::string_view accept_language);

}  // namespace postern::page
