// SPDX-License-Identifier: Apache-2.0
// What a line without a case confirmed on the notice page, as the journal has it: an OperatorAction about the line,
// with the reference after kNoticeRead. (With a case it is the case's.)
#pragma once

#include <string_view>

namespace postern::model {

inline constexpr std::string_view kLineItself = "the line itself";  // operator_name
inline constexpr std::string_view kNoticeRead = "notice read: ";

}  // namespace postern::model
