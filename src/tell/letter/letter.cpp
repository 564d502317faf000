// SPDX-License-Identifier: Apache-2.0
#include "tell/letter/letter.h"

#include <fmt/format.h>

#include "tell/letter/paragraphs.h"

namespace postern::tell::letter {
namespace {

using model::Notice;

std::string subject_of(const words::Words& w, Notice notice, const Facts& f) {
  const std::string number = std::to_string(f.case_.id.value);
  const auto with = [&](std::string_view english) {
    return w.text(english, {{"provider", f.provider.name}, {"number", number}});
  };
  switch (notice) {
    case Notice::first:
      return with(text("A device on your connection sends mail by itself (case {number})"));
    case Notice::question:
      return with(text("Do you run a mail server? A question from {provider} (case {number})"));
    case Notice::reminder:
      return with(text("A reminder about your connection (case {number})"));
    case Notice::persists:
      return with(text("The mail attempts from your connection go on (case {number})"));
    case Notice::restricted:
      return with(text("Direct mail is now restricted on your connection (case {number})"));
    case Notice::released:
      return with(text("The restriction on your connection is lifted (case {number})"));
    case Notice::relapse:
      return with(text("It has begun again on your connection (case {number})"));
    case Notice::clean:
      return with(text("Your connection is clean again (case {number})"));
    case Notice::disconnecting:
      return with(text("Your Internet access will be paused (case {number})"));
    case Notice::disconnected:
      return with(text("Your Internet access is paused (case {number})"));
  }
  return {};
}

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
  out.subject = subject_of(w, notice, f);
  Paragraphs p(w, f);
  p.greeting();
  p.what(notice);
  const bool asks = notice != Notice::released && notice != Notice::clean;
  if (asks) {
    p.seen();
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
  out.short_ = w.text(text("{provider}: {subject}. Please open {page}"),
                      {{"provider", f.provider.name}, {"subject", out.subject}, {"page", f.page}});
  return out;
}

}  // namespace postern::tell::letter
