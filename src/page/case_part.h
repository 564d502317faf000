// SPDX-License-Identifier: Apache-2.0
// The parts of a page that are about a case: what was seen, what to do, and what the customer can say. The buttons are
// one POST form; the pressed one's name is kSayField and its value a model::CustomerStatus.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "page/case_words.h"
#include "page/facts.h"
#include "page/sheet.h"

namespace postern::page {

inline constexpr std::string_view kSayField = "say";

void case_seen(Sheet& sheet, const CaseWords& words, const CaseFacts& facts, uint64_t blocked_today,
               std::span<const Attempt> newest_first);
// What the detectors say of it.
void summary_of_detectors(Sheet& sheet, const CaseWords& words, const CaseFacts& facts);
void case_steps(Sheet& sheet, const CaseWords& words);
// `action` and `token` of the form.
void case_buttons(Sheet& sheet, const CaseWords& words, const CaseFacts& facts, std::string_view action,
                  std::string_view token);

// "25" and the like in words: "mail sent straight to other mail servers (port 25), TCP port 587".
[[nodiscard]] std::string services_words(const CaseWords& words, std::span<const model::Service> services);
// What a button says; nullopt for anything that is none.
[[nodiscard]] std::optional<model::CustomerStatus> said_by(std::string_view value);

}  // namespace postern::page
