// SPDX-License-Identifier: Apache-2.0
// An Authentication-Results field (RFC 8601 section 2.2): who checked, and what came of each method.
//   mx.isp.example; dkim=pass (2048-bit key) header.d=fbl.example header.s=k; spf=pass smtp.mailfrom=x@fbl.example
// Takes foreign bytes: bounded; nothing where the field is not well formed to its end, for half of it may say the
// contrary of the whole.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::wire {

struct MethodResult {
  std::string method;  // lower case, as all here but values
  std::string result;
  std::vector<std::pair<std::string, std::string>> properties;  // "header.d", its value
};

struct AuthenticationResults {
  static constexpr size_t kMethodsMax = 64;
  static constexpr size_t kPropertiesMax = 32;
  std::string authserv_id;
  std::vector<MethodResult> methods;
};

[[nodiscard]] std::optional<AuthenticationResults> read_authentication_results(std::string_view value);

// The domains that these results prove the message to come from: d= of a DKIM signature that passes, and the domain of
// an envelope sender that SPF passes; lower case.
[[nodiscard]] std::vector<std::string> proven_domains(const AuthenticationResults& results);

}  // namespace postern::wire
