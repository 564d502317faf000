// SPDX-License-Identifier: Apache-2.0
#include "cli/campaign/campaign.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "settings/csv/csv.h"

namespace postern::cli {
namespace {

constexpr size_t kFieldMax = 1'024;

}  // namespace

Result<std::vector<CampaignRow>> read_campaign(std::string_view text, const std::string& name) {
  const auto wrong = [&](uint32_t line, std::string what, std::string fix) {
    return fail(Errc::bad_input, std::move(what), fmt::format("{}:{}", name, line), std::move(fix));
  };
  if (text.size() > kCampaignBytesMax)
    return fail(Errc::limit, fmt::format("is larger than {} bytes", kCampaignBytesMax), name, "send it in parts");
  settings::CsvReader csv(text, kFieldMax);
  settings::CsvRecord record;
  const bool header = csv.next(record) && record.fault.empty() && record.fields.size() == 2 &&
                      record.fields[0] == "line" && record.fields[1] == "advice";
  if (!header)
    return wrong(1, "is no campaign", "the first line is line,advice; postern rehearse --campaign writes it");
  std::vector<CampaignRow> rows;
  while (csv.next(record)) {
    if (!record.fault.empty()) return wrong(record.line, std::string(record.fault), "write KEY,ADVICE");
    if (record.fields.size() != 2 || record.fields[0].empty())
      return wrong(record.line, "is not a line's key and an advice", "write KEY,ADVICE");
    const auto advice = model::AdviceText_from(record.fields[1]);
    if (!advice)
      return wrong(record.line, "names an advice that there is not",
                   fmt::format("one of {}", fmt::join(model::pn_names_of_AdviceText, ", ")));
    if (rows.size() == model::kCampaignRowsMax)
      return fail(Errc::limit, fmt::format("has more than {} rows", model::kCampaignRowsMax), name, "send it in parts");
    rows.push_back({std::string(record.fields[0]), *advice});
  }
  return rows;
}

wire::Json campaign_body(const std::vector<CampaignRow>& rows, const std::string& name, bool send) {
  wire::Json list = wire::Json::array();
  for (const CampaignRow& row : rows)
    list.push(wire::Json::object({{"line", row.line}, {"advice", to_string(row.advice)}}));
  return wire::Json::object({{"name", name}, {"send", send}, {"rows", std::move(list)}});
}

}  // namespace postern::cli
