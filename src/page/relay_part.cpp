// SPDX-License-Identifier: Apache-2.0
#include "page/relay_part.h"

#include <array>

#include "page/language.h"
#include "words/words.h"

namespace postern::page {
namespace {

struct RelayWords {
  struct Named {
    std::string_view what, text;
  };
  std::string_view heading, intro, unread, line, account, held, column_what, column_used, column_most, no_limit, hour,
      day, share;
  std::array<Named, 5> whats;
  words::Counted left;
};

RelayWords in(const words::Words& w) {
  return {
      .heading = w.phrase("What you sent through our mail server"),
      .intro = w.phrase("The time runs on: what was sent longer ago than an hour, or a day, counts no more. Where a "
                        "limit is reached, further mail is put off and nothing is lost."),
      .unread = w.phrase("The numbers could not be read just now. Please load the page again in a minute."),
      .line = w.phrase("From this connection"),
      .account = w.phrase("With the mail account {account}"),
      .held = w.phrase(
          "Nothing is taken from this account at present: somebody else seems to know its password. Please get "
          "in touch."),
      .column_what = w.phrase("What is counted"),
      .column_used = w.phrase("Sent"),
      .column_most = w.phrase("At most"),
      .no_limit = w.phrase("no limit"),
      .hour = w.phrase("{what}, within one hour"),
      .day = w.phrase("{what}, within one day"),
      .share = w.phrase("{count} %"),
      .whats = {{{"messages", w.phrase("Messages")},
                 {"recipients", w.phrase("Recipients")},
                 {"kilobytes", w.phrase("kB of mail")},
                 {"domains", w.phrase("Domains of recipients")},
                 {"invalid", w.phrase("Recipients that do not exist")}}},
      .left = w.counted("{count} further account is not shown here.", "{count} further accounts are not shown here."),
  };
}

std::string_view name_of(const RelayWords& w, std::string_view what) {
  for (const RelayWords::Named& named : w.whats)
    if (named.what == what) return named.text;
  return what;
}

std::string amount(const RelayWords& w, const RelayCount& c, uint32_t n) {
  const std::string number = number_words(n);
  return c.what == "invalid" ? filled(w.share, {{"count", number}}) : number;
}

void counts(Html& h, const RelayWords& w, const RelayMeter& meter) {
  h.raw("<table>\n<thead><tr><th scope=\"col\">").text(w.column_what).raw("</th><th scope=\"col\">");
  h.text(w.column_used).raw("</th><th scope=\"col\">").text(w.column_most).raw("</th></tr></thead>\n<tbody>\n");
  for (const RelayCount& c : meter.counts) {
    const std::string_view within = c.window == "day" ? w.day : w.hour;
    h.raw("<tr><td>").text(filled(within, {{"what", std::string(name_of(w, c.what))}})).raw("</td><td>");
    h.text(amount(w, c, c.used)).raw("</td><td>");
    h.text(c.most == 0 ? std::string(w.no_limit) : amount(w, c, c.most)).raw("</td></tr>\n");
  }
  h.raw("</tbody>\n</table>\n");
}

}  // namespace

void relay_usage(Sheet& sheet, std::string_view accept_language, const RelayUsage& usage) {
  static const InEveryLanguage<RelayWords> kAll(&in);
  const RelayWords& w = kAll.best(accept_language);
  Html& h = sheet.html();
  sheet.section(w.heading);
  if (!usage.read) {
    h.paragraph(w.unread);
    return sheet.end_section();
  }
  h.paragraph(w.intro);
  for (const RelayMeter& meter : usage.meters) {
    h.raw("<h3>");
    if (meter.account.empty()) {
      h.text(w.line);
    } else {
      h.say(w.account, {{"account", meter.account}});
    }
    h.raw("</h3>\n");
    if (meter.held) h.paragraph(w.held);
    counts(h, w, meter);
  }
  if (usage.accounts_left != 0)
    h.paragraph(w.left.of(usage.accounts_left), {{"count", number_words(usage.accounts_left)}});
  sheet.end_section();
}

}  // namespace postern::page
