// SPDX-License-Identifier: Apache-2.0
#include "edge/garden/page.h"

#include <fmt/format.h>

#include "page/case_part.h"
#include "page/relay_part.h"
#include "page/sheet.h"

namespace postern::edge::garden {
namespace {

using page::Sheet;

struct Opening {
  std::string_view title, lead;
};

bool is_about_a_limit(const Facts& f) { return f.case_ && f.case_->kind == model::CaseKind::relay_limit; }

Opening opening_of(const Words& w, const Facts& f) {
  if (f.hold == model::Hold::garden) return {w.garden_title, w.garden_lead};
  if (f.hold == model::Hold::services) return {w.services_title, w.services_lead};
  if (!f.known) return {w.unknown_title, w.unknown_lead};
  if (is_about_a_limit(f)) return {w.limit_title, w.limit_lead};
  if (f.case_) return {w.case_title, w.case_lead};
  return {w.none_title, w.none_lead};
}

void person(Sheet& sheet, const Words& w, std::string_view reference) {
  if (!sheet.has_a_person()) return;
  const page::CaseWords& c = *w.about_case;
  sheet.section(c.person_heading);
  if (!reference.empty()) sheet.html().paragraph(c.person_intro, {{"reference", reference, page::How::strong}});
  sheet.ways_to_a_person(c.person, reference);
  sheet.end_section();
}

void what_works(Sheet& sheet, const Words& w, const page::Provider& provider) {
  page::Html& h = sheet.html();
  sheet.section(w.works_heading);
  h.raw("<ul>\n");
  if (provider.relay_host.empty()) {
    h.item(w.works_mail_unnamed);
  } else {
    h.item(w.works[0], {{"relay", provider.relay_host, page::How::strong}});
  }
  for (size_t i = 1; i < w.works.size(); ++i) h.item(w.works[i], {{"provider", provider.name}});
  h.raw("</ul>\n<h3>").text(w.stopped_heading).raw("</h3>\n<ul>\n");
  for (const std::string_view s : w.stopped) h.item(s);
  h.raw("</ul>\n");
  sheet.end_section();
}

std::string reference_of(const page::CaseWords& w, const Visit& v) {
  if (!v.facts.case_) return v.address;
  // "Case 12, ..." as the page calls it, without the date.
  const std::string number = std::to_string(v.facts.case_->id.value);
  std::string text = page::filled(w.seen_case, {{"number", number}});
  text.resize(text.find(number) + number.size());
  return text;
}

}  // namespace

std::string Pages::portal(const Words& w, const Visit& v) const {
  const Facts& f = v.facts;
  const page::CaseWords& c = *w.about_case;
  const Opening opening = opening_of(w, f);
  Sheet sheet(provider_, v.chosen);
  sheet.begin(c.calendar->language, opening.title);
  sheet.lead(opening.lead);
  if (v.noted) sheet.note(w.noted);
  if (f.hold != model::Hold::none && f.since)
    sheet.html().paragraph(w.since, {{"moment", moment_words(*c.calendar, f.since), page::How::strong}});
  if (f.case_) page::case_seen(sheet, c, *f.case_, f.blocked_today, f.last);
  const bool infected = f.case_ && !is_about_a_limit(f);
  if (f.relay && is_about_a_limit(f)) page::relay_usage(sheet, c.calendar->language, *f.relay);
  if (infected || f.hold != model::Hold::none) page::case_steps(sheet, c);
  if (f.case_) page::case_buttons(sheet, c, *f.case_, v.action, v.token);
  if (f.hold == model::Hold::garden) what_works(sheet, w, provider_);
  if (f.relay && !is_about_a_limit(f)) page::relay_usage(sheet, c.calendar->language, *f.relay);
  person(sheet, w, reference_of(c, v));
  return sheet.end({}, {}, w.footer);
}

std::string Pages::open_again(const Words& w, std::string_view again, std::string_view chosen) const {
  Sheet sheet(provider_, chosen);
  sheet.begin(w.about_case->calendar->language, w.open_again_title);
  sheet.lead(w.open_again_lead);
  if (!again.empty()) sheet.html().raw("<p><a href=\"").text(again).raw("\">").text(w.reload).raw("</a></p>\n");
  person(sheet, w, {});
  return sheet.end({}, {}, w.footer);
}

std::string Pages::message(const Words& w, std::string_view title, std::string_view text,
                           std::string_view chosen) const {
  Sheet sheet(provider_, chosen);
  sheet.begin(w.about_case->calendar->language, title);
  sheet.lead(text);
  person(sheet, w, {});
  return sheet.end({}, {}, w.footer);
}

std::string Pages::pointer(const Words& w, std::string_view url) const {
  page::Html h;
  h.raw("<!DOCTYPE html>\n<html lang=\"").text(w.about_case->calendar->language).raw("\">\n<title>");
  h.text(w.redirect_title).raw("</title>\n<h1>").text(w.redirect_title).raw("</h1>\n");
  h.paragraph(w.redirect_text, {{"url", url, page::How::link, url}}).raw("</html>\n");
  return h.take();
}

}  // namespace postern::edge::garden
