// SPDX-License-Identifier: Apache-2.0
// Every sentence of the page in one language, out of the catalogue of words/.
// {slots} are filled by page.cpp: provider, relay, reference, contact, phone, day, count, number, class, summary,
// limit. Plain words, short sentences: read by people who never heard of port 25, on a bad day.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "model/finding.h"
#include "model/line.h"
#include "page/calendar.h"
#include "words/words.h"

namespace postern::edge::notice {

struct Words : page::Calendar {
  // The heading, seen from the line itself and from elsewhere.
  struct Titles {
    std::string_view own, other;
  };
  Titles closed, permit, unknown_line;
  std::string_view lead, lead_permit;
  // By model::Reason; from elsewhere some reasons are nobody's business.
  std::array<std::string_view, model::pn_names_of_Reason.size()> why;
  std::string_view why_withheld;

  std::string_view facts_heading, what, what_value, why_label, class_label, day_label, since_label, reference_label;
  std::string_view open_now;

  std::string_view case_heading, case_intro, case_state, case_steps_intro, case_after;
  std::vector<std::string_view> case_steps;
  std::array<std::string_view, model::pn_names_of_CaseState.size()> case_states;

  std::string_view permit_heading, permit_queue, permit_listed, permit_more, permit_connections, permit_networks,
      permit_servers, permit_expires, permit_no_limit;

  std::string_view seen_heading, seen_none, seen_caption, seen_when, seen_where;

  words::Counted seen_count;

  std::string_view do_heading, send_heading, send_intro, send_server, send_server_own_provider, send_port,
      send_port_value, send_sign_in, send_sign_in_value, send_elsewhere;
  std::string_view server_heading, server_relay, server_permit;
  std::string_view puzzled_heading, puzzled_text;
  std::string_view restart_heading, restart_text;

  std::string_view person_heading, person_intro, person_mail, person_phone, person_subject;

  std::string_view read_heading, read_why, read_button, read_done, read_noted_elsewhere, elsewhere_note;

  std::string_view home_title, home_intro, ask_label, ask_hint, ask_button, wrong_title, wrong_fault, wrong_help;
  std::string_view too_fast_title, too_fast_text, retry_title, retry_text, not_here_title, not_here_text,
      refused_post_title, refused_post_text, home_link, footer;
};

// The best fit for an Accept-Language header (RFC 9110 section 12.5.4) or a language; English if there is none.
[[nodiscard]] const Words& words_for(std::string_view accept_language);

}  // namespace postern::edge::notice
