// SPDX-License-Identifier: Apache-2.0
// Personal<T>: data about a person. The codec writes it into a separate part of a record, which the store seals under
// a key per subscriber; when that key is destroyed the rest still decodes and this reads back as erased.
#pragma once

namespace postern {

template <class T>
struct Personal {
  T value{};
  bool erased = false;

  const T* operator->() const { return &value; }
  T* operator->() { return &value; }
  const T& operator*() const { return value; }
  bool operator==(const Personal&) const = default;
};

}  // namespace postern
