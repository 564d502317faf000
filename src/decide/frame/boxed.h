// SPDX-License-Identifier: Apache-2.0
// What most lines never have: a pointer until there is something to keep.
#pragma once

#include <memory>
#include <type_traits>

namespace postern::decide::detect {

template <class T>
class Boxed {
 public:
  [[nodiscard]] const T& get() const {
    static const T kNothing{};
    return value_ ? *value_ : kNothing;
  }
  void put(const T& value) {
    if (value_) {
      *value_ = value;
    } else if (!(value == T{})) {
      value_ = std::make_unique<T>(value);
    }
  }

 private:
  std::unique_ptr<T> value_;
};

template <class T>
class Inline {
 public:
  [[nodiscard]] const T& get() const { return value_; }
  void put(const T& value) { value_ = value; }

 private:
  T value_{};
};

// A detector's state as a line keeps it; those of more than 16 bytes can be compared, so that none is kept which says
// nothing.
template <class T>
using Kept = std::conditional_t<(sizeof(T) > 16), Boxed<T>, Inline<T>>;

}  // namespace postern::decide::detect
