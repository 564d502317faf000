// SPDX-License-Identifier: Apache-2.0
// Inside the room only: the loaded object, its maps and their mappings. Makes or adopts the pinned maps; says nothing
// about what stands in them.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "gate/bpf/gate_abi.h"
#include "gate/gate.h"

struct gate_bpf;

namespace postern::gate {

// An array map in our address space. Stores are seen by the programs at once; use store()/load() for words that
// programs read or write.
template <class T>
class Mapped {
 public:
  Mapped() = default;
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  Mapped(Mapped&& o) noexcept : data_(std::exchange(o.data_, {})) {}
  Mapped& operator=(Mapped&& o) noexcept {
    std::swap(data_, o.data_);
    return *this;
  }
  ~Mapped();
  [[nodiscard]] static Result<Mapped> of(int map_fd, size_t entries);
  [[nodiscard]] T& operator[](size_t i) const { return data_[i]; }
  [[nodiscard]] size_t size() const { return data_.size(); }

 private:
  std::span<T> data_;
};

template <class T>
void store(T& word, T value) {
  std::atomic_ref<T>(word).store(value, std::memory_order_release);
}
template <class T>
[[nodiscard]] T load(T& word) {
  return std::atomic_ref<T>(word).load(std::memory_order_acquire);
}

struct Kernel {
  Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  ~Kernel();
  [[nodiscard]] static Result<std::unique_ptr<Kernel>> open(const Options& options);

  gate_bpf* object = nullptr;
  bool adopted = false;
  int prefix6 = -1, net = -1, listed = -1, pending = -1, returns = -1, listener = -1, events = -1, percpu = -1,
      hold = -1;
  int ingress = -1, egress = -1, ingress_bare = -1, egress_bare = -1;  // programs
  Mapped<uint64_t> service;
  Mapped<pn_live> live_map;
  Mapped<pn_config> config;
  Mapped<pn_u32x16> block;
  Mapped<pn_u32x16> leaf;
  Mapped<pn_slot> slot;
  Mapped<pn_past> past;
  Mapped<pn_note> note;
  Mapped<uint64_t> dirty;
  Mapped<pn_hold_filter> hold_filter;
  [[nodiscard]] pn_live& live() const { return live_map[0]; }

 private:
  [[nodiscard]] Status map_all();
  void first_use(const Options& options);
};

// Removes pin_dir/abi-* with everything in them.
[[nodiscard]] Status remove_pins(const std::string& pin_dir);

// After this, no program run that began before it is still under way.
void wait_for_programs();

}  // namespace postern::gate
