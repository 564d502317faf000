// SPDX-License-Identifier: Apache-2.0
#include "page/sheet.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <sodium.h>

#include "base/endpoint.h"
#include "page/calendar.h"
#include "page/style.h"

namespace postern::page {
namespace {

std::string phone_link(std::string_view phone) {
  std::string out = "tel:";
  for (const char c : phone)
    if (c == '+' || (c >= '0' && c <= '9')) out += c;
  return out;
}

}  // namespace

std::string base_path_of(const Provider& provider) {
  std::string_view url = provider.url;
  const size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  const size_t slash = url.find('/');
  std::string path(slash == std::string_view::npos ? std::string_view() : url.substr(slash));
  while (!path.empty() && path.back() == '/') path.pop_back();
  return path;
}

void Sheet::begin(std::string_view language, std::string_view title) {
  h_.raw("<!DOCTYPE html>\n<html lang=\"").text(language).raw("\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
  h_.text(title).raw(" – ").text(provider_.name);
  h_.raw("</title>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
  h_.raw("<meta name=\"robots\" content=\"noindex\">\n<style>").raw(kStyle).raw("</style>\n</head>\n<body>\n");
  h_.raw("<header>\n<p>").text(provider_.name).raw("</p>\n");
  languages(language);
  h_.raw("</header>\n<main>\n<h1>").text(title).raw("</h1>\n");
}

// Each in its own language. The address is the page's own, so that the switch leads nowhere else.
void Sheet::languages(std::string_view shown) {
  h_.raw("<nav class=\"screen\" aria-label=\"").text(words::Words(shown).phrase("Language")).raw("\"><ul>\n");
  for (const std::string_view language : words::languages()) {
    h_.raw("<li><a href=\"?").text(kLanguageField).raw("=").text(language).raw("\" hreflang=\"").text(language);
    h_.raw("\" lang=\"").text(language);
    if (language == shown) h_.raw("\" aria-current=\"true");
    h_.raw("\">").text(words::name_of(language)).raw("</a></li>\n");
  }
  h_.raw("</ul></nav>\n");
}

void Sheet::keep_language() {
  if (chosen_.empty()) return;
  h_.raw("<input type=\"hidden\" name=\"").text(kLanguageField).raw("\" value=\"").text(chosen_).raw("\">\n");
}

std::string Sheet::end(std::string_view link, std::string_view href, std::string_view footer) {
  h_.raw("</main>\n<footer>\n");
  if (!link.empty()) h_.raw("<p class=\"screen\"><a href=\"").text(href).raw("\">").text(link).raw("</a></p>\n");
  h_.paragraph(footer).raw("</footer>\n</body>\n</html>\n");
  return h_.take();
}

void Sheet::lead(std::string_view sentence) {
  h_.raw("<p class=\"lead\">").say(sentence, {{"provider", provider_.name}}).raw("</p>\n");
}

void Sheet::note(std::string_view sentence, Slots slots) {
  h_.raw("<p class=\"note\" role=\"status\">").say(sentence, slots).raw("</p>\n");
}

void Sheet::part(std::string_view heading, std::string_view sentence) {
  h_.raw("<h3>").text(heading).raw("</h3>\n").paragraph(sentence);
}

void Sheet::entry(std::string_view label, std::string_view value) {
  h_.raw("<dt>").text(label).raw("</dt><dd>").text(value).raw("</dd>\n");
}

void Sheet::ways_to_a_person(const PersonWords& words, std::string_view reference) {
  h_.raw("<dl>\n");
  if (!provider_.contact.empty()) {
    std::string href = "mailto:" + provider_.contact;
    if (!reference.empty())
      href += "?subject=" + uri_encoded(filled(words.subject, {{"reference", std::string(reference)}}));
    h_.raw("<dt>").text(words.mail).raw("</dt><dd>");
    h_.say("{link}", {{"link", provider_.contact, How::link, href}}).raw("</dd>\n");
  }
  if (!provider_.phone.empty()) {
    const std::string href = phone_link(provider_.phone);
    h_.raw("<dt>").text(words.phone).raw("</dt><dd>");
    h_.say("{link}", {{"link", provider_.phone, How::link, href}}).raw("</dd>\n");
  }
  h_.raw("</dl>\n");
}

void Sheet::attempts(const Calendar& calendar, const AttemptWords& words, std::span<const Attempt> newest_first) {
  if (newest_first.empty()) return;
  h_.raw("<table>\n<caption>").text(words.caption).raw("</caption>\n<thead><tr><th scope=\"col\">");
  h_.text(words.when).raw("</th><th scope=\"col\">").text(words.where).raw("</th></tr></thead>\n<tbody>\n");
  for (const Attempt& a : newest_first.first(std::min(newest_first.size(), kAttemptsShown))) {
    h_.raw("<tr><td>").text(short_words(calendar, a.at)).raw("</td><td>");
    h_.text(a.port == 25 ? to_string(a.destination) : to_string(Endpoint{a.destination, a.port}));
    h_.raw("</td></tr>\n");
  }
  h_.raw("</tbody>\n</table>\n");
}

const std::string& content_security_policy() {
  static const std::string kPolicy = [] {
    constexpr std::string_view kCss(kStyle);
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(kCss.data()), kCss.size());
    std::array<char, 64> text{};
    sodium_bin2base64(text.data(), text.size(), hash.data(), hash.size(), sodium_base64_VARIANT_ORIGINAL);
    return fmt::format(
        "default-src 'none'; style-src 'sha256-{}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        text.data());
  }();
  return kPolicy;
}

}  // namespace postern::page
