// SPDX-License-Identifier: Apache-2.0
#include "tables/origins.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fmt/format.h>

namespace postern::tables {
namespace {

constexpr double kEarthKm = 6'371;

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '\r')) s.remove_suffix(1);
  return s;
}

template <class N>
bool number(std::string_view text, N& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }

Status place_of(const std::array<std::string_view, 5>& fields, model::Place& out) {
  if (!fields[1].empty() && !number(fields[1], out.as_number)) return fail(Errc::bad_input, "the AS is no number");
  const std::string_view country = fields[2];
  if (!country.empty()) {
    if (country.size() != 2 || !is_letter(country[0]) || !is_letter(country[1]))
      return fail(Errc::bad_input, "the country is not two capital letters");
    out.country = static_cast<uint16_t>(static_cast<uint8_t>(country[0]) << 8 | static_cast<uint8_t>(country[1]));
  }
  if (fields[3].empty() && fields[4].empty()) return {};
  double latitude = 0;
  double longitude = 0;
  if (!number(fields[3], latitude) || !number(fields[4], longitude) || !(std::fabs(latitude) <= 90) ||
      !(std::fabs(longitude) <= 180))
    return fail(Errc::bad_input, "latitude and longitude are not degrees");
  const auto km = [](double share) { return static_cast<int16_t>(std::lround(kEarthKm * share)); };
  latitude *= M_PI / 180;
  longitude *= M_PI / 180;
  out.km = {km(std::cos(latitude) * std::cos(longitude)), km(std::cos(latitude) * std::sin(longitude)),
            km(std::sin(latitude))};
  return {};
}

}  // namespace

size_t Origins::Hash::operator()(const IpAddress& a) const noexcept {
  std::array<uint64_t, 2> words{};
  static_assert(sizeof a.bytes == sizeof words);
  std::memcpy(words.data(), a.bytes.data(), sizeof words);
  uint64_t h = words[0] * 0x9e3779b97f4a7c15ULL ^ words[1];
  h = (h ^ (h >> 32)) * 0xbf58476d1ce4e5b9ULL;
  return h ^ (h >> 29);
}

Result<Origins> Origins::parse(std::string_view text) {
  if (text.size() > kOriginsBytesMax)
    return fail(Errc::limit, fmt::format("is larger than {} bytes", kOriginsBytesMax), {}, "keep wider prefixes");
  Origins out;
  for (size_t line = 1; !text.empty(); ++line) {
    const size_t end = text.find('\n');
    std::string_view rest = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (rest.empty() || rest.front() == '#') continue;
    const auto wrong = [&](std::string_view what) {
      return fail(Errc::bad_input, fmt::format("line {}: {}", line, what), {},
                  "write 192.0.2.0/24,64500,DE,51.0,10.0; nothing of the table was taken");
    };
    if (out.size_ >= kOriginsMax) return wrong(fmt::format("more than {} prefixes", kOriginsMax));
    std::array<std::string_view, 5> fields;
    size_t n = 0;
    for (bool more = true; more; ++n) {
      if (n == fields.size()) return wrong("more than five fields");
      const size_t comma = rest.find(',');
      more = comma != std::string_view::npos;
      fields[n] = trimmed(rest.substr(0, comma));
      rest.remove_prefix(more ? comma + 1 : rest.size());
    }
    const auto prefix = parse_prefix(fields[0]);
    if (!prefix) return wrong("no prefix begins it");
    model::Place place;
    if (const Status good = place_of(fields, place); !good) return wrong(good.error().what);
    auto& of_family = prefix->address.family == Family::v4 ? out.v4_ : out.v6_;
    of_family[prefix->length][prefix->address] = place;
    ++out.size_;
  }
  return out;
}

model::Place Origins::find(const IpAddress& address) const {
  for (const auto& [length, by_address] : address.family == Family::v4 ? v4_ : v6_) {
    const auto it = by_address.find(Prefix::of(address, length).address);
    if (it != by_address.end()) return it->second;
  }
  return {};
}

}  // namespace postern::tables
