// SPDX-License-Identifier: Apache-2.0
#include "rehearse/sorted.h"

#include <algorithm>
#include <tuple>
#include <type_traits>

namespace postern::rehearse {
namespace {

static_assert(std::is_trivially_copyable_v<Fact>);

bool earlier(const Fact& a, const Fact& b) { return std::tie(a.at, a.order) < std::tie(b.at, b.order); }

constexpr auto kLater = [](const auto& a, const auto& b) { return earlier(b.head, a.head); };

}  // namespace

Status Sorted::add(Fact fact) {
  fact.order = ++order_;
  run_.push_back(fact);
  return run_.size() < run_max_ ? Status() : spill();
}

Status Sorted::spill() {
  std::ranges::sort(run_, earlier);
  Run run{std::unique_ptr<std::FILE, Close>(std::tmpfile()), {}};
  if (!run.file) return fail_errno("make a temporary file to sort in");
  if (std::fwrite(run_.data(), sizeof(Fact), run_.size(), run.file.get()) != run_.size() ||
      std::fseek(run.file.get(), 0, SEEK_SET) != 0)
    return fail_errno("write a temporary file to sort in");
  runs_.push_back(std::move(run));
  run_.clear();
  return {};
}

Result<bool> Sorted::read(Run& run) {
  if (std::fread(&run.head, sizeof(Fact), 1, run.file.get()) == 1) return true;
  if (std::ferror(run.file.get()) != 0) return fail_errno("read a temporary file to sort in");
  return false;
}

Status Sorted::finish() {
  if (runs_.empty()) {
    std::ranges::sort(run_, earlier);
    return {};
  }
  if (!run_.empty()) PN_TRY_VOID(spill());
  run_.shrink_to_fit();
  for (Run& run : runs_) PN_TRY(read(run));
  std::ranges::make_heap(runs_, kLater);
  return {};
}

Result<bool> Sorted::next(Fact& out) {
  if (runs_.empty()) {
    if (at_ == run_.size()) return false;
    out = run_[at_++];
    return true;
  }
  std::ranges::pop_heap(runs_, kLater);
  out = runs_.back().head;
  if (PN_TRY(read(runs_.back()))) {
    std::ranges::push_heap(runs_, kLater);
  } else {
    runs_.pop_back();
  }
  return true;
}

}  // namespace postern::rehearse
