// SPDX-License-Identifier: Apache-2.0
#include "page/case_part.h"

#include <algorithm>

namespace postern::page {
namespace {

using model::CustomerStatus;

enum class Weight : unsigned char { main, quiet };

void button(Html& h, Weight weight, std::string_view value, std::string_view label) {
  h.raw("<p><button type=\"submit\" name=\"say\" value=\"").text(value);
  if (weight == Weight::quiet) h.raw("\" class=\"quiet");
  h.raw("\">").text(label).raw("</button></p>\n");
}

// What a button does, and the button.
void choice(Html& h, Weight weight, std::string_view what, CustomerStatus value, std::string_view label) {
  h.raw("<div class=\"say\">\n").paragraph(what);
  button(h, weight, to_string(value), label);
  h.raw("</div>\n");
}

// What "It is fixed" will do, before it is pressed.
void what_fixed_does(Sheet& sheet, const CaseWords& w, const CaseFacts& f) {
  if (!f.restricted) {
    sheet.html().paragraph(w.fixed_open);
  } else if (f.self_releases_left == 0) {
    sheet.html().paragraph(w.fixed_none);
  } else {
    sheet.html().paragraph(w.fixed_left.of(f.self_releases_left),
                           {{"count", number_words(f.self_releases_left), How::strong}});
  }
}

// And what happens now that it was.
void after_fixed(Sheet& sheet, const CaseWords& w, const CaseFacts& f) {
  if (!f.restricted) return;
  if (f.self_releases_left == 0) {
    sheet.html().paragraph(w.fixed_none);
  } else if (f.release_at) {
    sheet.html().paragraph(w.fixed_pending, {{"moment", moment_words(*w.calendar, f.release_at), How::strong}});
  }
  if (f.last_seen)
    sheet.html().paragraph(w.still_seen, {{"moment", moment_words(*w.calendar, f.last_seen), How::strong}});
}

}  // namespace

std::string services_words(const CaseWords& w, std::span<const model::Service> services) {
  constexpr uint16_t kMail = 25;
  std::string out;
  for (const model::Service& s : services) {
    if (!out.empty()) out += ", ";
    const bool tcp = s.transport == model::Transport::tcp;
    out += tcp && s.port == kMail ? std::string(w.mail_service)
                                  : filled(tcp ? w.tcp : w.udp, {{"port", std::to_string(s.port)}});
  }
  return out;
}

std::optional<CustomerStatus> said_by(std::string_view value) {
  for (const CustomerStatus s :
       {CustomerStatus::read, CustomerStatus::says_clean, CustomerStatus::disputes, CustomerStatus::wants_help})
    if (value == to_string(s)) return s;
  return std::nullopt;
}

void case_seen(Sheet& sheet, const CaseWords& w, const CaseFacts& f, uint64_t blocked_today,
               std::span<const Attempt> newest_first) {
  sheet.section(w.seen_heading);
  Html& h = sheet.html();
  h.paragraph(w.seen_case, {{"number", std::to_string(f.id.value)}, {"day", day_words(*w.calendar, f.opened)}});
  summary_of_detectors(sheet, w, f);
  if (!f.services.empty()) h.paragraph(w.seen_services, {{"services", services_words(w, f.services), How::strong}});
  if (f.last_seen) h.paragraph(w.seen_last, {{"moment", moment_words(*w.calendar, f.last_seen), How::strong}});
  if (blocked_today > 0) {
    h.paragraph(w.seen_count.of(blocked_today), {{"count", number_words(blocked_today), How::strong}});
  } else if (!f.last_seen) {
    h.paragraph(w.seen_none);
  }
  sheet.attempts(*w.calendar, w.attempts, newest_first);
  if (f.deadline && !f.restricted)
    h.paragraph(w.deadline, {{"moment", moment_words(*w.calendar, f.deadline), How::strong}});
  sheet.end_section();
}

// It is in English: who reads another language has the rest of the page.
void summary_of_detectors(Sheet& sheet, const CaseWords& w, const CaseFacts& f) {
  if (f.summary.empty() || w.calendar->language != "en") return;
  sheet.html().raw("<p>").text(f.summary).raw("</p>\n");
}

void case_steps(Sheet& sheet, const CaseWords& w) {
  sheet.section(w.steps_heading);
  sheet.html().raw("<ol>\n");
  for (const std::string_view step : w.steps) sheet.html().item(step);
  sheet.html().raw("</ol>\n").paragraph(w.steps_after);
  sheet.end_section();
}

void case_buttons(Sheet& sheet, const CaseWords& w, const CaseFacts& f, std::string_view action,
                  std::string_view token) {
  Html& h = sheet.html();
  sheet.section(w.tell_heading);
  const auto said = static_cast<size_t>(f.customer);
  if (said != 0) h.paragraph(w.said[said]);
  const bool pressed = f.customer == CustomerStatus::says_clean;
  if (pressed) after_fixed(sheet, w, f);
  h.raw("<form method=\"post\" action=\"")
      .text(action)
      .text(sheet.query())
      .raw("\">\n<p>")
      .text(w.tell_why)
      .raw("</p>\n");
  h.raw("<input type=\"hidden\" name=\"token\" value=\"").text(token).raw("\">\n");
  if (f.customer == CustomerStatus::silent && !f.confirmed)
    button(h, Weight::main, to_string(CustomerStatus::read), w.read_button);
  if (!pressed) {
    h.raw("<div class=\"say\">\n");
    what_fixed_does(sheet, w, f);
    button(h, Weight::main, to_string(CustomerStatus::says_clean), w.fixed_button);
    h.raw("</div>\n");
  }
  if (f.customer != CustomerStatus::wants_help)
    choice(h, Weight::quiet, w.help_text, CustomerStatus::wants_help, w.help_button);
  if (f.customer != CustomerStatus::disputes)
    choice(h, Weight::quiet, w.dispute_text, CustomerStatus::disputes, w.dispute_button);
  h.raw("</form>\n");
  sheet.end_section();
}

}  // namespace postern::page
