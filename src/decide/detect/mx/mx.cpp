// SPDX-License-Identifier: Apache-2.0
#include "decide/detect/mx/mx.h"

#include <algorithm>
#include <fmt/format.h>

namespace postern::decide::detect::mx {

int32_t Detector::level(const Level& level, const Context& context) {
  const int64_t every_us = std::max<int64_t>(context.line_class->new_network_every.us, 1);
  const int64_t since_us = std::max<int64_t>((context.now - level.at).us, 0);
  // Past this the level is empty, whatever it was; keeps the product below small.
  if (since_us / every_us > level.mnat / kDrainMnat + 1) return 0;
  return static_cast<int32_t>(std::max<int64_t>(level.mnat - since_us * kDrainMnat / every_us, 0));
}

int32_t Detector::see(State&, const model::ObservationBody& body, const Context& context) {
  const auto* lookup = std::get_if<model::MailLookup>(&body);
  if (lookup == nullptr || context.declared_server) return 0;
  if (!lookup->mx) return kAddressMnat;
  return lookup->not_there ? 2 * kNameMnat : kNameMnat;
}

std::string Detector::note(const Entry& entry) {
  if (entry.mnat == kAddressMnat) return "asked for the address of a mail server";
  return entry.mnat == kNameMnat ? "asked for a domain's mail server"
                                 : "asked for the mail server of a domain that does not exist";
}

std::string Detector::explain(std::span<const Entry> mine, const Context&) {
  if (mine.empty()) return {};
  std::string out = "asked for " + counted(mine.size(), "mail server name", "mail server names");
  if (const auto gone = std::ranges::count(mine, 2 * kNameMnat, &Entry::mnat); gone != 0)
    out += fmt::format(", {} of domains that do not exist", gone);
  if (mine.size() > 1) out += " within " + in_words(mine.back().at - mine.front().at + seconds(1));
  return out;
}

}  // namespace postern::decide::detect::mx
