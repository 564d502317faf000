// SPDX-License-Identifier: Apache-2.0
// Whom to tell next: the ladder of channels within one round of notices. A round is one text (the first notice, a
// question, that it goes on, a relapse); it ends when the customer confirms or the next text is due.
#pragma once

#include <optional>

#include "decide/casework/workflow.h"

namespace postern::decide::casework {

// The text that is due as long as the customer has not confirmed.
[[nodiscard]] model::Notice round_of(const model::Case& c);
// When this round's text was first taken by a channel; 0 = not yet.
[[nodiscard]] Time told_at(const model::Case& c);
// The attempt to make now: which channel and text. Nothing = nothing is due.
[[nodiscard]] std::optional<model::ContactAttempt> next_attempt(const model::Case& c, const Scene& scene);
// When next_attempt() may next say something by time alone; 0 = never.
[[nodiscard]] Time next_step(const model::Case& c, const Scene& scene);

// When a line whose restriction has grown is told of it; 0 = it has not. Not at once: one notice for what comes
// together.
[[nodiscard]] Time widened_due(const model::Case& c, const Scene& scene);

// When the notice goes out that announces the disconnection of a restricted line, and when the plug may be pulled; 0 =
// not in sight. The one is never without the other: half of plug_after lies between them.
[[nodiscard]] Time warn_due(const model::Case& c, const Scene& scene);
[[nodiscard]] Time plug_due(const model::Case& c, const Scene& scene);

}  // namespace postern::decide::casework
