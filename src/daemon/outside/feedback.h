// SPDX-License-Identifier: Apache-2.0
// The mail intake as settings want it, and what `postern reputation show` has of it.
#pragma once

#include <functional>
#include <string>

#include "daemon/bus/kit.h"
#include "fold/outside/nat_log.h"
#include "observe/mail_intake/mail_intake.h"

namespace postern::daemon {

// `account_of`: who sent the message of that queue id through the relay. `logged`: what NATs logged; it outlives the
// intake.
[[nodiscard]] observe::mail_intake::Config intake_config(
    const settings::Settings& settings, std::function<std::string(std::string_view queue_id)> account_of,
    const fold::NatLog& logged);

void report_intake(RoleReport& report, const observe::mail_intake::MailIntake& intake);

}  // namespace postern::daemon
