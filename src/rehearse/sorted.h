// SPDX-License-Identifier: Apache-2.0
// Facts in order of time, whatever order they came in: kept in runs of kRunFacts, each sorted and, when there is more
// than one, put into a temporary file without a name (gone with the process), then merged. Memory stays at one run plus
// a buffer per run; disk at 112 bytes a fact. Equal times keep the order of input.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <vector>

#include "model/flow.h"

namespace postern::rehearse {

// A mail flow, or a question for a mail server's name, without what nobody asks for.
struct Fact {
  Time at;
  Time end;
  uint64_t order = 0;  // of input; given by Sorted
  IpAddress source;
  IpAddress destination;
  uint64_t packets = 0;
  uint64_t name = 0;  // of a question: the name's fingerprint; 0 = a flow
  uint32_t sampling = 1;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;  // of a question: its type
  uint8_t tcp_flags = 0;
  bool flags_known = false;
  bool smtp = false;      // model::Flow
  bool answered = false;  // of a question
  uint8_t rcode = 0;      // of a question
};

class Sorted {
 public:
  static constexpr size_t kRunFacts = size_t{1} << 20;

  explicit Sorted(size_t run_facts = kRunFacts) : run_max_(run_facts) {}
  [[nodiscard]] Status add(Fact fact);
  [[nodiscard]] Status finish();               // after the last add()
  [[nodiscard]] Result<bool> next(Fact& out);  // after finish(); false at the end
  [[nodiscard]] size_t spilled_runs() const { return runs_.size(); }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  struct Run {
    std::unique_ptr<std::FILE, Close> file;
    Fact head;
  };
  Status spill();
  static Result<bool> read(Run& run);

  size_t run_max_;
  uint64_t order_ = 0;
  std::vector<Fact> run_;
  size_t at_ = 0;
  std::vector<Run> runs_;  // while merging a heap, the earliest in front
};

}  // namespace postern::rehearse
