// SPDX-License-Identifier: Apache-2.0
// The file of a campaign, which postern rehearse writes and a person mends: CSV (RFC 4180), a header line
// "line,advice", a row for each line: its key, and permit, relay or check (model/campaign.h). The order is the order of
// telling. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/campaign.h"
#include "wire/json.h"

namespace postern::cli {

inline constexpr size_t kCampaignBytesMax = size_t{4} << 20;

struct CampaignRow {
  std::string line;
  model::AdviceText advice = model::AdviceText::relay;
  bool operator==(const CampaignRow&) const = default;
};

// The error names FILE:LINE and what to do; `name` stands for the file. At most model::kCampaignRowsMax rows.
[[nodiscard]] Result<std::vector<CampaignRow>> read_campaign(std::string_view text, const std::string& name);
// The body of POST /v1/campaigns.
[[nodiscard]] wire::Json campaign_body(const std::vector<CampaignRow>& rows, const std::string& name, bool send);

}  // namespace postern::cli
