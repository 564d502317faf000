// SPDX-License-Identifier: Apache-2.0
// Any file: rows or a sentence; rows are bounded and name a line.
#include "base/check.h"
#include "cli/campaign/campaign.h"

using namespace postern;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto rows = cli::read_campaign({reinterpret_cast<const char*>(data), size}, "fuzz.csv");
  if (!rows) {
    PN_CHECK(!rows.error().what.empty() && rows.error().where.starts_with("fuzz.csv"));
    return 0;
  }
  PN_CHECK(rows->size() <= model::kCampaignRowsMax);
  for (const cli::CampaignRow& row : *rows) PN_CHECK(!row.line.empty());
  return 0;
}
