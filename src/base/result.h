// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error that says what went wrong, where, and how to mend it. The world misbehaving is a
// Result; our own bug is PN_CHECK; exceptions of libraries are caught in the room that calls the library.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace postern {

enum class Errc {
  bad_input,    // bytes or text from outside that break their format
  not_found,    // a name, address or id that nothing here has
  ambiguous,    // more than one answer; the caller must not act
  conflict,     // already there, or an older revision
  denied,       // missing privilege or capability
  unavailable,  // a peer, file or kernel feature is absent
  limit,        // a bound was reached
  io            // the operating system said no
};

struct Error {
  Errc code = Errc::io;
  std::string what;   // one sentence, ends without a full stop
  std::string where;  // "postern.toml:12:3", "subscribers.csv:7", "radius packet from 192.0.2.1", or empty
  std::string fix;    // what the reader can do about it, or empty

  // "where: what (fix)", the form every message for people uses.
  [[nodiscard]] std::string text() const;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] std::unexpected<Error> fail(Errc code, std::string what, std::string where = {}, std::string fix = {});
// fail(Errc::io, "open PATH: No such file or directory") from errno.
[[nodiscard]] std::unexpected<Error> fail_errno(std::string what);

}  // namespace postern

// auto v = PN_TRY(parse(x));  returns the error to the caller. Not in coroutines.
#define PN_TRY(expression)                                                \
  ({                                                                      \
    auto&& pn_result = (expression);                                      \
    if (!pn_result) return std::unexpected(std::move(pn_result).error()); \
    std::move(pn_result).value();                                         \
  })
// The same for a Result<void>.
#define PN_TRY_VOID(expression)                                                                          \
  do {                                                                                                   \
    if (auto pn_status = (expression); !pn_status) return std::unexpected(std::move(pn_status).error()); \
  } while (false)
