// SPDX-License-Identifier: Apache-2.0
// What the programs ask of a kernel: nothing newer than Linux 6.1, and no more verifier work than recorded here.
#include <array>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <set>

#include "gate/skeleton.h"
#include "tests/gate/world.h"
#include "tests/support/skip.h"

namespace postern::testing {
namespace {

// Helpers in use, all there before 6.1. A new one is added here with the version that brought it.
const std::set<int> kHelpers = {
    BPF_FUNC_map_lookup_elem,      // 3.19
    BPF_FUNC_map_update_elem,      // 3.19
    BPF_FUNC_skb_store_bytes,      // 4.1
    BPF_FUNC_redirect,             // 4.4
    BPF_FUNC_skb_load_bytes,       // 4.5
    BPF_FUNC_csum_diff,            // 4.6
    BPF_FUNC_skb_change_tail,      // 4.9
    BPF_FUNC_skb_pull_data,        // 4.9
    BPF_FUNC_fib_lookup,           // 4.18
    BPF_FUNC_sk_release,           // 4.20
    BPF_FUNC_skc_lookup_tcp,       // 5.2
    BPF_FUNC_tcp_check_syncookie,  // 5.2
    BPF_FUNC_jiffies64,            // 5.6
    BPF_FUNC_sk_assign,            // 5.7
    BPF_FUNC_ktime_get_boot_ns,    // 5.8
    BPF_FUNC_ringbuf_reserve,      // 5.8
    BPF_FUNC_ringbuf_submit,       // 5.8
};
const std::set<int> kMapTypes = {BPF_MAP_TYPE_ARRAY,    BPF_MAP_TYPE_HASH,    BPF_MAP_TYPE_PERCPU_ARRAY,
                                 BPF_MAP_TYPE_LPM_TRIE, BPF_MAP_TYPE_SOCKMAP, BPF_MAP_TYPE_RINGBUF};
// Instructions measured: 7,394. The verifier's limit is 1,000,000.
constexpr uint32_t kVerifiedMax = 60'000;
constexpr size_t kInstructionsMax = 8'500;

TEST(GateBaseline, NothingNewerThanLinux61) {
  if (const std::string why = why_no_kernel_tests(); !why.empty()) PN_SKIP(why);
  gate_bpf* o = gate_bpf__open_and_load();
  ASSERT_NE(o, nullptr);
  bpf_program* p = nullptr;
  bpf_object__for_each_program(p, o->obj) {
    bpf_prog_info info{};
    uint32_t size = sizeof info;
    ASSERT_EQ(bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &size), 0);
    EXPECT_LE(info.verified_insns, kVerifiedMax) << bpf_program__name(p);
    EXPECT_LE(bpf_program__insn_cnt(p), kInstructionsMax) << bpf_program__name(p);
    const bpf_insn* insns = bpf_program__insns(p);
    for (size_t i = 0; i < bpf_program__insn_cnt(p); ++i) {
      if (insns[i].code != (BPF_JMP | BPF_CALL)) continue;
      if (insns[i].src_reg == BPF_PSEUDO_CALL) continue;
      EXPECT_EQ(insns[i].src_reg, 0) << "a kernel function, which no version promises";
      EXPECT_TRUE(kHelpers.contains(insns[i].imm)) << "helper " << insns[i].imm << " in " << bpf_program__name(p);
    }
  }
  bpf_map* m = nullptr;
  bpf_object__for_each_map(m, o->obj) EXPECT_TRUE(kMapTypes.contains(static_cast<int>(bpf_map__type(m))))
      << bpf_map__name(m);
  gate_bpf__destroy(o);
}

}  // namespace
}  // namespace postern::testing
