// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace postern {

std::string Error::text() const {
  std::string out;
  if (!where.empty()) out += where + ": ";
  out += what;
  if (!fix.empty()) out += " (" + fix + ")";
  return out;
}

std::unexpected<Error> fail(Errc code, std::string what, std::string where, std::string fix) {
  return std::unexpected(Error{code, std::move(what), std::move(where), std::move(fix)});
}

std::unexpected<Error> fail_errno(std::string what) {
  const int number = errno;
  const Errc code = number == EPERM || number == EACCES ? Errc::denied : number == ENOENT ? Errc::not_found : Errc::io;
  what += ": ";
  what += std::strerror(number);
  return fail(code, std::move(what));
}

}  // namespace postern
