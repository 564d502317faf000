// SPDX-License-Identifier: Apache-2.0
// What a Postfix on this machine really has in force for each listener, read off postconf(1) (`-x`: names expanded),
// and what of it lets mail past Postern. Pure but for read_postfix().
//
// Checked for every smtpd listener: that Postern is asked before anything permits (smtpd_relay_restrictions or
// smtpd_recipient_restrictions; a permit in one does not skip the other), at DATA and END-OF-DATA too, or as a milter,
// and not both; that what happens when Postern is away was chosen (default_action=DUNNO, of a milter accept) and does
// not make an open relay; AUTH only under TLS; AUTH on port 25.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/result.h"

namespace postern::cli {

struct Listener {
  std::string name;                              // "submission/inet" of master.cf
  std::map<std::string, std::string> overrides;  // its own -o values
};
struct Postfix {
  std::map<std::string, std::string> main;  // every parameter, expanded
  std::vector<Listener> listeners;          // smtpd services of type inet
  [[nodiscard]] std::string value(const Listener& listener, const std::string& parameter) const;
};

inline constexpr size_t kPostconfBytesMax = size_t{4} * 1024 * 1024;

// `main`: output of postconf -x; `services`: postconf -M; `overrides`: postconf -Px.
[[nodiscard]] Postfix parse_postfix(std::string_view main, std::string_view services, std::string_view overrides);
// Runs postconf; `directory` empty: Postfix's own. Errors: unavailable when it cannot be run.
[[nodiscard]] Result<Postfix> read_postfix(const std::string& directory);

// fault: mail passes Postern, or is lost to it; hint: worth a look.
PN_ENUM(Grade, good, hint, fault)
struct Remark {
  Grade grade = Grade::good;
  std::string listener;
  std::string what;
  std::string fix;
};
// How Postfix may name Postern's sockets: "unix:/run/postern/policy.sock", "inet:127.0.0.1:10040".
struct Endpoints {
  std::vector<std::string> policy;
  std::vector<std::string> milter;
};
[[nodiscard]] std::vector<Remark> examine(const Postfix& postfix, const Endpoints& endpoints);

// A list of restrictions as Postfix reads it: separated by commas and spaces, { } keeps together.
[[nodiscard]] std::vector<std::string> restrictions_of(std::string_view text);

}  // namespace postern::cli
