// SPDX-License-Identifier: Apache-2.0
#include "model/record.h"

#include <array>

namespace postern::model {

std::string_view kind_of(const RecordBody& body) {
  static constexpr std::array<std::string_view, std::variant_size_v<RecordBody>> kNames{"none",
                                                                                        "policy_revision",
                                                                                        "subscriber_changed",
                                                                                        "subscriber_erased",
                                                                                        "session_changed",
                                                                                        "finding",
                                                                                        "case_changed",
                                                                                        "order",
                                                                                        "receipt",
                                                                                        "permit_changed",
                                                                                        "operator_action",
                                                                                        "checkpoint",
                                                                                        "governor_changed",
                                                                                        "case_note",
                                                                                        "case_noted",
                                                                                        "account_changed",
                                                                                        "advice_changed"};
  return kNames[body.index()];
}

}  // namespace postern::model
