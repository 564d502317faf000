// SPDX-License-Identifier: Apache-2.0
// The fields of a mail's header, or of a machine-readable part made like one (RFC 5322 section 2.2), one after the
// other, unfolded. Takes foreign bytes: a field's value is cut at kFieldOctetsMax, fields beyond kFieldsMax are not
// seen, what is no field is passed over, either line end will do. Control characters become spaces.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::wire {

inline constexpr size_t kFieldsMax = 256;
inline constexpr size_t kFieldOctetsMax = 8'192;

struct Field {
  std::string name;  // lower case
  std::string value;
};

class Fields {
 public:
  // Ends at the first empty line. `text` has to outlive this.
  explicit Fields(std::string_view text) : rest_(text) {}
  [[nodiscard]] std::optional<Field> next();

 private:
  [[nodiscard]] std::string_view take_line();

  std::string_view rest_;
  size_t seen_ = 0;
};

[[nodiscard]] std::string lower_case(std::string_view s);
[[nodiscard]] std::string_view trimmed(std::string_view s);
// Octets of the comment that `s` begins with, nested ones and both parentheses included (RFC 5322 section 3.2.2); npos:
// it does not end.
[[nodiscard]] size_t comment_octets(std::string_view s);

}  // namespace postern::wire
