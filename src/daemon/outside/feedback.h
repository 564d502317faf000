// SPDX-License-Identifier: Apache-2.0
// The mail intake as settings want it, and what `postern reputation show` has of it.
#pragma once

#include <functional>
#include <string>

#include "daemon/bus/kit.h"
#include "observe/mail_intake/mail_intake.h"

namespace postern::daemon {

// `account_of`: who sent the message of that queue id through the relay.
[[nodiscard]] observe::mail_intake::Config intake_config(
    const settings::Settings& settings, std::function<std::string(std::string_view queue_id)> account_of);

void report_intake(RoleReport& report, const observe::mail_intake::MailIntake& intake);

}  // namespace postern::daemon
