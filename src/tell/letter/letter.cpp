// SPDX-License-Identifier: Apache-2.0
#include "tell/letter/letter.h"

#include "tell/letter/paragraphs.h"

namespace postern::tell::letter {
namespace {

using model::Notice;

// Paragraphs and their folded lines with a space between.
std::string on_one_line(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != '\n') {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace

Text compose(Notice notice, const Facts& f) {
  const words::Words w(f.language);
  Text out;
  out.language = w.language();
  Paragraphs p(w, f);
  out.subject = p.subject(notice);
  p.greeting();
  p.what(notice);
  const bool asks = notice != Notice::released && notice != Notice::clean;
  if (asks) {
    p.seen(notice);
    p.steps(notice);
    p.consequence(notice);
  }
  p.page(notice);
  p.person();
  p.signature();
  out.body = p.take();
  Paragraphs spoken(w, f);
  spoken.what(notice);
  if (asks) spoken.consequence(notice);
  out.call = on_one_line(spoken.take());
  out.short_ = w.text(marked("{provider}: {subject}. Please open {page}"),
                      {{"provider", f.provider.name}, {"subject", out.subject}, {"page", f.page}});
  return out;
}

}  // namespace postern::tell::letter
