// SPDX-License-Identifier: Apache-2.0
#include "settings/sections.h"

#include <fmt/format.h>

namespace postern::settings {
namespace {

template <class S>
constexpr Section common(std::string_view name, Shape shape) {
  Section out;
  out.name = name;
  out.shape = shape;
  out.table = &S::table;
  out.show_default = [](const Key& k) {
    const S fresh{};
    return k.show(&fresh);
  };
  return out;
}

template <auto Member>
constexpr Section one(std::string_view name) {
  Section out = common<typename MemberOf<Member>::type>(name, Shape::one);
  out.open = [](Settings& s, std::string_view) -> void* { return &(s.*Member); };
  out.each = [](const Section& self, const Settings& s, const Section::Visit& visit) {
    visit(std::string(self.name), &(s.*Member));
  };
  return out;
}

template <auto Member>
constexpr Section named(std::string_view name) {
  Section out = common<typename MemberOf<Member>::type::mapped_type>(name, Shape::named);
  out.open = [](Settings& s, std::string_view entry) -> void* { return &(s.*Member)[std::string(entry)]; };
  out.each = [](const Section& self, const Settings& s, const Section::Visit& visit) {
    for (const auto& [entry, section] : s.*Member) visit(fmt::format("{}.{}", self.name, entry), &section);
  };
  return out;
}

template <auto Outer, auto Member>
constexpr Section list(std::string_view name) {
  Section out = common<typename MemberOf<Member>::type::value_type>(name, Shape::list);
  out.open = [](Settings& s, std::string_view) -> void* { return &(s.*Outer.*Member).emplace_back(); };
  out.each = [](const Section& self, const Settings& s, const Section::Visit& visit) {
    size_t n = 0;
    for (const auto& section : s.*Outer.*Member) visit(fmt::format("{}[{}]", self.name, ++n), &section);
  };
  return out;
}

// In the order of the manual page.
constexpr Section kSections[] = {
    one<&Settings::provider>("provider"),
    one<&Settings::network>("network"),
    named<&Settings::classes>("class"),
    one<&Settings::gate>("gate"),
    one<&Settings::explainer>("explainer"),
    one<&Settings::radius_acct>("radius_acct"),
    list<&Settings::radius_acct, &RadiusAcct::clients>("radius_acct.client"),
    one<&Settings::flow_export>("flow_export"),
    one<&Settings::dnstap>("dnstap"),
    one<&Settings::mirror>("mirror"),
    one<&Settings::c2>("c2"),
    one<&Settings::dhcp>("dhcp"),
    list<&Settings::dhcp, &Dhcp::servers>("dhcp.server"),
    one<&Settings::who>("who"),
    list<&Settings::who, &Who::nats>("who.nat"),
    list<&Settings::who, &Who::maps>("who.map"),
    one<&Settings::decoy>("decoy"),
    list<&Settings::decoy, &Decoy::hosts>("decoy.host"),
    one<&Settings::radius_coa>("radius_coa"),
    list<&Settings::radius_coa, &RadiusCoa::nases>("radius_coa.nas"),
    one<&Settings::radius_auth>("radius_auth"),
    one<&Settings::notice>("notice"),
    one<&Settings::garden>("garden"),
    one<&Settings::casework>("casework"),
    one<&Settings::governor>("governor"),
    one<&Settings::mail>("mail"),
    one<&Settings::webhook>("webhook"),
    one<&Settings::relay>("relay"),
    one<&Settings::autoconfig>("autoconfig"),
    one<&Settings::feedback>("feedback"),
    one<&Settings::reputation>("reputation"),
    list<&Settings::reputation, &Reputation::lists>("reputation.list"),
    named<&Settings::detect>("detect"),
    one<&Settings::api>("api"),
    one<&Settings::store>("store"),
    one<&Settings::daemon>("daemon"),
};

}  // namespace

std::span<const Section> sections() { return kSections; }

std::string header_of(const Section& section) {
  switch (section.shape) {
    case Shape::one:
      return fmt::format("[{}]", section.name);
    case Shape::named:
      return fmt::format("[{}.NAME]", section.name);
    case Shape::list:
      return fmt::format("[[{}]]", section.name);
  }
  return {};
}

}  // namespace postern::settings
