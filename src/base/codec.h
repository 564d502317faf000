// SPDX-License-Identifier: Apache-2.0
// The one binary form of nouns: messages between roles, journal records, checkpoints. Little-endian, no padding,
// lengths as u32, enums and variants range-checked; the same value gives the same bytes on every compiler.
// Decoding takes foreign bytes: bounded (kLengthMax), never reads past the end, and trailing bytes are an error.
#pragma once

#include <cstddef>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/fields.h"
#include "base/id.h"
#include "base/ip.h"
#include "base/personal.h"
#include "base/result.h"
#include "base/time.h"

namespace postern {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

// Largest string, blob (a checkpoint of 1 M lines is one) or list in elements; never more than is left of the input.
inline constexpr size_t kLengthMax = size_t{1} << 31;

class Encoder {
 public:
  // personal = nullptr keeps Personal<T> in line; else it goes there (the store's sealed part).
  explicit Encoder(Bytes& out, Bytes* personal = nullptr) : out_(out), personal_(personal) {}

  void raw(const void* data, size_t size) {
    const auto* p = static_cast<const std::byte*>(data);
    out_.insert(out_.end(), p, p + size);
  }
  template <class T>
  void put(const T& v) {
    if constexpr (std::is_same_v<T, bool>) {
      number(static_cast<uint8_t>(v));
    } else if constexpr (std::is_integral_v<T>) {
      number(v);
    } else if constexpr (std::is_enum_v<T>) {
      number(static_cast<std::underlying_type_t<T>>(v));
    } else if constexpr (HasFields<T>) {
      T::visit(v, [this](std::string_view, const auto& field) { this->put(field); });
    } else {
      put_known(v);
    }
  }

 private:
  template <class N>
  void number(N v) {
    auto u = static_cast<std::make_unsigned_t<N>>(v);
    for (size_t i = 0; i < sizeof(N); ++i) out_.push_back(static_cast<std::byte>(u >> (8 * i)));
  }
  void length(size_t n) { number(static_cast<uint32_t>(n)); }

  template <class Tag, class N>
  void put_known(const Id<Tag, N>& v) {
    put(v.value);
  }
  void put_known(const Time& v) { put(v.us); }
  void put_known(const Duration& v) { put(v.us); }
  void put_known(const IpAddress& v) {
    put(v.family);
    if (v) raw(v.bytes.data(), v.bits() / 8);
  }
  void put_known(const Prefix& v) {
    put(v.address);
    put(v.length);
  }
  void put_known(const std::string& v) {
    length(v.size());
    raw(v.data(), v.size());
  }
  template <class T>
  void put_known(const std::vector<T>& v) {
    length(v.size());
    if constexpr (std::is_same_v<T, std::byte>) {
      raw(v.data(), v.size());
    } else {
      for (const T& e : v) put(e);
    }
  }
  template <class T, size_t N>
  void put_known(const std::array<T, N>& v) {
    for (const T& e : v) put(e);
  }
  template <class K, class V>
  void put_known(const std::map<K, V>& v) {
    length(v.size());
    for (const auto& [key, value] : v) {
      put(key);
      put(value);
    }
  }
  template <class A, class B>
  void put_known(const std::pair<A, B>& v) {
    put(v.first);
    put(v.second);
  }
  template <class T>
  void put_known(const std::optional<T>& v) {
    put(v.has_value());
    if (v) put(*v);
  }
  template <class... T>
  void put_known(const std::variant<T...>& v) {
    put(static_cast<uint8_t>(v.index()));
    std::visit([this](const auto& x) { this->put(x); }, v);
  }
  void put_known(const std::monostate&) {}
  template <class T>
  void put_known(const Personal<T>& v) {
    if (personal_ != nullptr) {
      Encoder(*personal_).put(v.value);
    } else {
      put(v.erased);
      put(v.value);
    }
  }

  Bytes& out_;
  Bytes* personal_;
};

class Decoder {
 public:
  // in = the plain part. With `split`, Personal<T> is read from `personal`, or comes back erased when that is empty.
  explicit Decoder(ByteView in) : in_(in) {}
  Decoder(ByteView in, ByteView personal) : in_(in), personal_(personal), split_(true) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool done() const { return ok_ && at_ == in_.size(); }
  [[nodiscard]] size_t left() const { return in_.size() - at_; }
  void spoil() { ok_ = false; }

  bool raw(void* to, size_t size) {
    if (!ok_ || size > left()) return ok_ = false;
    if (size == 0) return true;  // memcpy to an empty string's data() is undefined
    std::memcpy(to, in_.data() + at_, size);
    at_ += size;
    return true;
  }
  template <class T>
  void get(T& v) {
    if constexpr (std::is_same_v<T, bool>) {
      uint8_t u = 0;
      number(u);
      if (u > 1) ok_ = false;
      v = u == 1;
    } else if constexpr (std::is_integral_v<T>) {
      number(v);
    } else if constexpr (NamedEnum<T>) {
      std::underlying_type_t<T> u = 0;
      number(u);
      if (u >= pn_enum_size(v)) ok_ = false;
      if (ok_) v = static_cast<T>(u);
    } else if constexpr (HasFields<T>) {
      T::visit(v, [this](std::string_view, auto& field) { this->get(field); });
    } else {
      get_known(v);
    }
  }

 private:
  template <class N>
  void number(N& v) {
    std::array<uint8_t, sizeof(N)> b{};
    if (!raw(b.data(), b.size())) return;
    std::make_unsigned_t<N> u = 0;
    for (size_t i = 0; i < sizeof(N); ++i)
      u = static_cast<std::make_unsigned_t<N>>(u | std::make_unsigned_t<N>{b[i]} << (8 * i));
    v = static_cast<N>(u);
  }
  // Every element takes at least one byte, so a length past what is left is a lie.
  size_t length() {
    uint32_t n = 0;
    number(n);
    if (n > kLengthMax || n > left()) ok_ = false;
    return ok_ ? n : 0;
  }

  template <class Tag, class N>
  void get_known(Id<Tag, N>& v) {
    get(v.value);
  }
  void get_known(Time& v) { get(v.us); }
  void get_known(Duration& v) { get(v.us); }
  void get_known(IpAddress& v) {
    uint8_t family = 0;
    number(family);
    if (family != 0 && family != 4 && family != 6) ok_ = false;
    if (!ok_) return;
    v.family = static_cast<Family>(family);
    if (v) raw(v.bytes.data(), v.bits() / 8);
  }
  void get_known(Prefix& v) {
    get(v.address);
    get(v.length);
    if (v.length > v.address.bits() || Prefix::of(v.address, v.length) != v) ok_ = false;
  }
  void get_known(std::string& v) {
    v.resize(length());
    raw(v.data(), v.size());
  }
  template <class T>
  void get_known(std::vector<T>& v) {
    const size_t n = length();
    v.clear();
    if constexpr (std::is_same_v<T, std::byte>) {
      v.resize(n);
      raw(v.data(), n);
    } else {
      for (size_t i = 0; i < n && ok_; ++i) {
        T value{};
        get(value);
        v.push_back(std::move(value));
      }
    }
  }
  template <class T, size_t N>
  void get_known(std::array<T, N>& v) {
    for (T& e : v) get(e);
  }
  template <class K, class V>
  void get_known(std::map<K, V>& v) {
    const size_t n = length();
    v.clear();
    for (size_t i = 0; i < n && ok_; ++i) {
      K key{};
      V value{};
      get(key);
      get(value);
      // Keys come in order: anything else is not what an Encoder wrote.
      if (!v.empty() && !(v.rbegin()->first < key)) ok_ = false;
      v.emplace_hint(v.end(), std::move(key), std::move(value));
    }
  }
  template <class A, class B>
  void get_known(std::pair<A, B>& v) {
    get(v.first);
    get(v.second);
  }
  template <class T>
  void get_known(std::optional<T>& v) {
    bool has = false;
    get(has);
    if (has && ok_) {
      v.emplace();
      get(*v);
    } else {
      v.reset();
    }
  }
  template <class... T>
  void get_known(std::variant<T...>& v) {
    uint8_t index = 0;
    number(index);
    if (index >= sizeof...(T)) ok_ = false;
    if (!ok_) return;
    using Make = void (*)(Decoder&, std::variant<T...>&);
    static constexpr Make makers[] = {&Decoder::make_alternative<T, std::variant<T...>>...};
    makers[index](*this, v);
  }
  void get_known(std::monostate&) {}
  template <class T, class V>
  static void make_alternative(Decoder& decoder, V& out) {
    T value{};
    decoder.get(value);
    out = std::move(value);
  }
  template <class T>
  void get_known(Personal<T>& v) {
    if (!split_) {
      get(v.erased);
      get(v.value);
      return;
    }
    v.erased = personal_.empty();
    if (v.erased) return;
    Decoder inner(personal_);
    inner.get(v.value);
    ok_ = ok_ && inner.ok();
    personal_ = personal_.subspan(inner.at_);
  }

  ByteView in_;
  ByteView personal_;
  bool split_ = false;
  size_t at_ = 0;
  bool ok_ = true;
};

template <class T>
[[nodiscard]] Bytes encode(const T& v) {
  Bytes out;
  Encoder(out).put(v);
  return out;
}

template <class T>
[[nodiscard]] Result<T> decode(ByteView bytes) {
  Decoder decoder(bytes);
  T value{};
  decoder.get(value);
  if (!decoder.done()) return fail(Errc::bad_input, "bytes do not decode as the record they are said to be");
  return value;
}

}  // namespace postern
