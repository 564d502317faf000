// SPDX-License-Identifier: Apache-2.0
// What a rehearsal found, for people and for machines.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "rehearse/kind.h"
#include "rehearse/rehearsal.h"

namespace postern::rehearse {

struct Row {
  const Subject* subject = nullptr;
  const Verdict* verdict = nullptr;
  Kind kind = Kind::submission_client;
};

// Worst first: whom to contact first.
[[nodiscard]] std::vector<Row> rows_of(const Rehearsal& rehearsal);

// One object, one line: subject, class, verdict, case_at, block_at, first_contacts_at_case, first_contacts_at_block,
// score and families (in nats), kind, connections, answered, failed, first_contacts, mail_names, explained. Times are
// RFC 3339, null = not reached.
[[nodiscard]] std::string json_of(const Row& row);
[[nodiscard]] std::string text_of(const Rehearsal& rehearsal, std::span<const Row> rows);
// Lines that were left out and what bounds the result: for standard error beside JSON.
[[nodiscard]] std::string remarks_of(const Rehearsal& rehearsal, std::span<const Row> rows);
// What "so many false cases a day" means for a network of so many lines, in a line of words.
[[nodiscard]] std::string budget_words(const model::Policy& policy, uint64_t lines);
// One `postern permit grant` a line, for an operator to read, mend and run.
[[nodiscard]] std::string permits_of(std::span<const Row> rows);

// Whom to tell what before anything closes, worst first, as the file of a campaign ("line,advice"): at most
// model::kCampaignRowsMax. Who only asks for names or only submits hears nothing.
[[nodiscard]] std::string campaign_of(std::span<const Row> rows);

}  // namespace postern::rehearse
