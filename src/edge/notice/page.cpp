// SPDX-License-Identifier: Apache-2.0
#include "edge/notice/page.h"

#include <algorithm>

#include "page/case_part.h"
#include "page/sheet.h"

namespace postern::edge::notice {
namespace {

bool is_private(model::Reason reason) {
  return reason == model::Reason::permit_revoked || reason == model::Reason::operator_order ||
         reason == model::Reason::restriction;
}

std::string limit_words(const Words& w, uint32_t n) {
  return n == 0 ? std::string(w.permit_no_limit) : page::number_words(n);
}

}  // namespace

// One page on its way.
class Pages::Writer : public page::Sheet {
 public:
  Writer(const Pages& pages, const Words& words, std::string_view chosen)
      : Sheet(pages.provider_, chosen), base_(pages.base_path_), w_(words) {}

  void begin(std::string_view title) { Sheet::begin(w_.language, title); }
  std::string end(bool home) {
    return Sheet::end(home ? std::string_view() : w_.home_link, base_ + "/" + query(), w_.footer);
  }
  void form(std::string_view typed, std::string_view fault) {
    h_.raw("<form method=\"get\" action=\"").text(base_).raw("/r\">\n");
    keep_language();
    h_.raw("<label for=\"reference\">").text(w_.ask_label);
    h_.raw("</label>\n<p class=\"hint\" id=\"hint\">").text(w_.ask_hint).raw("</p>\n");
    if (!fault.empty()) h_.raw("<p class=\"note care\" id=\"fault\" role=\"alert\">").text(fault).raw("</p>\n");
    h_.raw(
        "<input id=\"reference\" name=\"reference\" required maxlength=\"40\" autocomplete=\"off\" "
        "autocapitalize=\"characters\" spellcheck=\"false\" ");
    if (fault.empty()) {
      h_.raw("aria-describedby=\"hint\"");
    } else {
      h_.raw("aria-describedby=\"hint fault\" aria-invalid=\"true\"");
    }
    h_.raw(" value=\"").text(typed).raw("\">\n<div><button type=\"submit\">").text(w_.ask_button);
    h_.raw("</button></div>\n</form>\n");
  }

  void happened(const Refusal& r) {
    section(w_.facts_heading);
    h_.raw("<dl>\n");
    entry(w_.what, w_.what_value);
    h_.raw("<dt>").text(w_.why_label).raw("</dt><dd>");
    const bool withheld = !r.facts.own_session && is_private(r.reference.reason);
    h_.say(withheld ? w_.why_withheld : w_.why[static_cast<size_t>(r.reference.reason)],
           {{"provider", provider_.name}});
    h_.raw("</dd>\n");
    if (!r.kind.empty()) entry(w_.class_label, r.kind);
    entry(w_.day_label, day_words(w_, Time{days(r.reference.day).us}));
    if (r.facts.since) entry(w_.since_label, moment_words(w_, r.facts.since));
    h_.raw("<dt>").text(w_.reference_label).raw("</dt><dd class=\"ref\">").text(r.reference_text).raw("</dd>\n</dl>\n");
    h_.raw("</section>\n");
  }
  void trouble(const page::CaseFacts& c) {
    h_.raw("<section class=\"note care\">\n<h2>").text(w_.case_heading).raw("</h2>\n").paragraph(w_.case_intro);
    const page::CaseWords& words = page::case_words(w_.language);
    h_.paragraph(words.seen_case, {{"number", std::to_string(c.id.value)}, {"day", day_words(w_, c.opened)}});
    page::summary_of_detectors(*this, words, c);
    h_.paragraph(w_.case_state, {{"state", w_.case_states[static_cast<size_t>(c.state)], page::How::strong}});
    h_.paragraph(w_.case_steps_intro).raw("<ol>\n");
    for (const std::string_view step : w_.case_steps) h_.item(step);
    h_.raw("</ol>\n").paragraph(w_.case_after).raw("</section>\n");
  }
  void permit(const PermitNote& p) {
    section(w_.permit_heading);
    h_.raw("<dl>\n");
    if (p.kind == model::PermitKind::own_server) {
      entry(w_.permit_connections, limit_words(w_, p.limits.connections_per_min));
      entry(w_.permit_networks, limit_words(w_, p.limits.networks_per_hour));
    }
    if (!p.destinations.empty()) entry(w_.permit_servers, servers(p.destinations));
    if (p.expires) entry(w_.permit_expires, day_words(w_, p.expires));
    h_.raw("</dl>\n");
    if (p.kind == model::PermitKind::named_server) {
      h_.paragraph(w_.permit_listed, {{"relay", relay(), page::How::strong}});
    } else {
      h_.paragraph(w_.permit_queue);
    }
    h_.paragraph(w_.permit_more).raw("</section>\n");
  }
  void seen(const Facts& f) {
    section(w_.seen_heading);
    if (f.blocked_today == 0) {
      h_.paragraph(w_.seen_none);
    } else {
      h_.paragraph(w_.seen_count.of(f.blocked_today),
                   {{"count", page::number_words(f.blocked_today), page::How::strong}});
    }
    attempts(w_, {w_.seen_caption, w_.seen_when, w_.seen_where}, f.last);
    h_.raw("</section>\n");
  }
  void what_to_do(const Refusal& r) {
    const bool unknown = r.reference.reason == model::Reason::unknown_line;
    const bool permitted = r.reference.reason == model::Reason::permit;
    if (permitted && r.facts.permit) return;  // said with the permit
    section(w_.do_heading);
    if (unknown) part(w_.restart_heading, w_.restart_text);
    if (permitted) h_.paragraph(w_.permit_queue).paragraph(w_.permit_more);
    if (!permitted) send_now();
    if (!permitted && !unknown) {
      h_.raw("<h3>").text(w_.server_heading).raw("</h3>\n");
      if (!provider_.relay_host.empty()) h_.paragraph(w_.server_relay, {{"relay", relay(), page::How::strong}});
      h_.paragraph(w_.server_permit);
      if (!r.facts.case_) part(w_.puzzled_heading, w_.puzzled_text);
    }
    h_.raw("</section>\n");
  }
  void person(std::string_view reference) {
    if (!has_a_person()) return;
    section(w_.person_heading);
    if (!reference.empty()) h_.paragraph(w_.person_intro, {{"reference", reference, page::How::code}});
    ways_to_a_person(reference);
    h_.raw("</section>\n");
  }
  void ways_to_a_person(std::string_view reference) {
    Sheet::ways_to_a_person({w_.person_mail, w_.person_phone, w_.person_subject}, reference);
  }
  void button(const Refusal& r) {
    if (r.facts.case_) {
      const page::CaseWords& words = page::case_words(w_.language);
      return page::case_buttons(*this, words, *r.facts.case_, base_ + "/r/" + r.reference_text, r.token);
    }
    if (r.facts.confirmed_at || r.noted) return;
    section(w_.read_heading);
    h_.paragraph(w_.read_why).raw("<form method=\"post\" action=\"").text(base_).raw("/r/").text(r.reference_text);
    h_.text(query()).raw("\">\n<input type=\"hidden\" name=\"token\" value=\"").text(r.token);
    h_.raw("\">\n<button type=\"submit\">").text(w_.read_button).raw("</button>\n</form>\n</section>\n");
  }

 private:
  [[nodiscard]] std::string_view relay() const {
    return provider_.relay_host.empty() ? w_.send_server_own_provider : std::string_view(provider_.relay_host);
  }
  void send_now() {
    h_.raw("<h3>").text(w_.send_heading).raw("</h3>\n").paragraph(w_.send_intro).raw("<dl>\n<dt>").text(w_.send_server);
    h_.raw("</dt><dd><strong>").text(relay()).raw("</strong></dd>\n");
    entry(w_.send_port, w_.send_port_value);
    entry(w_.send_sign_in, w_.send_sign_in_value);
    h_.raw("</dl>\n").paragraph(w_.send_elsewhere);
  }
  static std::string servers(const std::vector<Prefix>& destinations) {
    constexpr size_t kShown = 12;
    std::string out;
    for (size_t i = 0; i < std::min(destinations.size(), kShown); ++i)
      out += (i > 0 ? ", " : "") + (destinations[i].length == destinations[i].address.bits()
                                        ? to_string(destinations[i].address)
                                        : to_string(destinations[i]));
    return destinations.size() > kShown ? out + " …" : out;
  }

  const std::string& base_;
  const Words& w_;
};

Facts public_part(const Facts& facts) {
  if (facts.own_session) return facts;
  Facts out;
  out.known = facts.known;
  return out;
}

Pages::Pages(Provider provider) : provider_(std::move(provider)), base_path_(page::base_path_of(provider_)) {}

std::string Pages::home(const Words& w, std::string_view chosen) const {
  Writer page(*this, w, chosen);
  page.begin(w.home_title);
  page.lead(w.home_intro);
  page.form("", "");
  page.person("");
  return page.end(true);
}

std::string Pages::refusal(const Words& w, Refusal r) const {
  if (!r.facts.own_session) r.kind.clear();
  r.facts = public_part(r.facts);
  const Facts& f = r.facts;
  const bool permitted = r.reference.reason == model::Reason::permit;
  const Words::Titles& titles = permitted                                           ? w.permit
                                : r.reference.reason == model::Reason::unknown_line ? w.unknown_line
                                                                                    : w.closed;
  Writer page(*this, w, r.chosen);
  page.begin(f.own_session ? titles.own : titles.other);
  page.lead(permitted ? w.lead_permit : w.lead);
  if (f.confirmed_at) {
    page.note(w.read_done, {{"day", day_words(w, f.confirmed_at)}});
  } else if (r.noted) {
    page.note(w.read_noted_elsewhere);
  }
  if (!f.own_session && f.known) page.note(w.elsewhere_note);
  if (f.open_now && !permitted) page.note(w.open_now);
  if (f.case_ && f.case_->kind == model::CaseKind::behaviour) page.trouble(*f.case_);
  page.happened(r);
  if (f.permit) page.permit(*f.permit);
  if (f.own_session) page.seen(f);
  page.what_to_do(r);
  page.person(r.reference_text);
  page.button(r);
  return page.end(false);
}

std::string Pages::wrong_reference(const Words& w, std::string_view typed, std::string_view chosen) const {
  constexpr size_t kShown = 40;
  Writer page(*this, w, chosen);
  page.begin(w.wrong_title);
  page.form(typed.size() > kShown ? std::string_view() : typed, w.wrong_fault);
  page.html().raw("<section>\n").paragraph(w.wrong_help);
  page.ways_to_a_person("");
  page.html().raw("</section>\n");
  return page.end(true);
}

std::string Pages::message(const Words& w, std::string_view title, std::string_view text,
                           std::string_view chosen) const {
  Writer page(*this, w, chosen);
  page.begin(title);
  page.lead(text);
  page.form("", "");
  page.person("");
  return page.end(false);
}

}  // namespace postern::edge::notice
