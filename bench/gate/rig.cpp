// SPDX-License-Identifier: Apache-2.0
#include "bench/gate/rig.h"

#include <arpa/inet.h>
#include <array>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/check.h"
#include "bench/gate/routers.h"
#include "bench/gate/skeletons.h"
#include "gate/bpf/gate_abi.h"
#include "sys/clock.h"
#include "sys/fd.h"

namespace postern::bench {
namespace {

constexpr uint32_t kFirstAddress = 0x0a000000;  // 10.0.0.0
constexpr std::array<uint32_t, 5> kSizes = {64, 128, 256, 576, 1514};

void put16(uint8_t* p, uint32_t v) {
  p[0] = static_cast<uint8_t>(v >> 8);
  p[1] = static_cast<uint8_t>(v);
}
void put32(uint8_t* p, uint32_t v) {
  put16(p, v >> 16);
  put16(p + 2, v);
}

model::LineEntry entry_of(uint32_t i, model::Verdict verdict, bool access_key) {
  model::LineEntry e;
  e.prefix = Prefix::host(IpAddress::v4(kFirstAddress + i));
  e.line = {i + 1};
  e.verdict = verdict;
  e.limits = {60'000, 60'000, 60'000, 60'000};
  if (access_key) e.access = "sub0";
  return e;
}

}  // namespace

void sh(const std::string& command) {
  if (std::system(command.c_str()) == 0) return;
  std::fprintf(stderr, "bench: failed: %s\n", command.c_str());
  std::exit(1);
}

std::string far_namespace() { return "gate-bench-" + std::to_string(getpid()); }

void leave_namespace() { sh("ip netns del " + far_namespace()); }

void enter_namespace() {
  PN_CHECK(unshare(CLONE_NEWNET) == 0);
  sh("ip netns add " + far_namespace());
  wire_router(std::string(kOwnTag));
}

Rig::Rig() : flush_((size_t{256} << 20) / sizeof(uint64_t)) {
  options_.pin_dir = "/sys/fs/bpf/gate-bench-" + std::to_string(getpid());
  options_.pending_max = 1U << 20;
  auto opened = gate::Gate::open(options_);
  if (!opened) {
    std::fprintf(stderr, "SKIP: %s\n", opened.error().text().c_str());
    std::exit(77);
  }
  gate_ = std::make_unique<gate::Gate>(std::move(*opened));
  gate::Network n;
  n.relay = {parse_prefix("198.51.100.200/32").value()};
  n.banners_per_min = n.contacts_per_min = n.contacts_burst = 60'000;
  n.resets_per_s = 4'000'000'000;
  PN_CHECK(gate_->set_network(n, sys::now()).has_value());
  listener_ = sys::listen_tcp(sys::parse_endpoint("127.0.0.1:2525").value(), 16, true).value().release();
  PN_CHECK(gate_->set_explainer(listener_, -1).has_value());
  ifindex_ = if_nametoindex("sub0");
  driver_ = driver_bpf__open_and_load();
  PN_CHECK(driver_ != nullptr);
  const auto map = [](const bpf_map* m, size_t size) {
    void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(m), 0);
    PN_CHECK(p != MAP_FAILED);
    return p;
  };
  packets_ = static_cast<bench_packet*>(map(driver_->maps.bench_packets, BENCH_PACKETS * sizeof(bench_packet)));
  next_ = static_cast<uint32_t*>(map(driver_->maps.bench_next, sizeof(uint32_t)));
  load_trie_variant();
}

Rig::~Rig() {
  driver_bpf__destroy(driver_);
  gate_lpm_bpf__destroy(trie_);
  gate_.reset();
  close(listener_);
  if (auto gone = gate::Gate::detach(options_.pin_dir, {}); !gone)
    fmt::print(stderr, "bench-gate: {}\n", gone.error().text());
}

void Rig::load_trie_variant() {
  trie_ = gate_lpm_bpf__open();
  PN_CHECK(trie_ != nullptr);
  trie_->rodata->pn_fwmark = options_.fwmark;
  trie_->rodata->pn_pass_mark = options_.pass_mark;
  bpf_map* m = nullptr;
  bpf_object__for_each_map(m, trie_->obj) {
    const std::string name = bpf_map__name(m);
    if (!name.starts_with("pn_")) continue;
    const int fd = bpf_obj_get(fmt::format("{}/abi-{}/{}", options_.pin_dir, PN_ABI_VERSION, name).c_str());
    PN_CHECK(fd >= 0 && bpf_map__reuse_fd(m, fd) == 0);
    close(fd);
  }
  PN_CHECK(gate_lpm_bpf__load(trie_) == 0);
}

int Rig::floor_program() const { return bpf_program__fd(driver_->progs.bench_floor); }

double Rig::fill(uint32_t lines, model::Verdict verdict, bool access_key) {
  std::vector<model::LineEntry> entries(lines);
  for (uint32_t i = 0; i < lines; ++i) entries[i] = entry_of(i, verdict, access_key);
  const Duration before = sys::monotonic();
  PN_CHECK(gate_->replace_all(entries, sys::now()).empty());
  return static_cast<double>((sys::monotonic() - before).us) / 1e6;
}

void Rig::hold(uint32_t lines, uint32_t every) {
  model::LineDelta d;
  for (uint32_t i = 0; i < lines; i += every) {
    d.set.push_back(entry_of(i, model::Verdict::explain, true));
    d.set.back().hold = model::Hold::garden;
  }
  for (const gate::EntryResult& r : gate_->apply(d, sys::now())) PN_CHECK(r.state == model::ReceiptState::in_force);
}

void Rig::fill_trie(uint32_t lines) {
  const int map = bpf_map__fd(trie_->maps.bench_lpm);
  for (uint32_t i = 0; i < lines; ++i) {
    const struct {
      uint32_t bits;
      uint32_t address;
    } key{32, htonl(kFirstAddress + i)};
    const uint32_t slot = gate_->in_force(IpAddress::v4(kFirstAddress + i), sys::now()).slot;
    PN_CHECK(bpf_map_update_elem(map, &key, &slot, BPF_ANY) == 0);
  }
}

void Rig::shuffle(const Traffic& t) {
  for (uint32_t i = 0; i < BENCH_PACKETS; ++i) {
    uint8_t* h = packets_[i].headers;
    std::memset(h, 0, sizeof packets_[i].headers);
    h[5] = 1;
    h[11] = 2;
    size_t at = 12;
    if (t.vlan) {
      put16(h + at, 0x8100);
      put16(h + at + 2, 100);
      at += 4;
    }
    put16(h + at, 0x0800);
    uint8_t* ip = h + at + 2;
    ip[0] = 0x45;
    put16(ip + 2, 50);
    ip[8] = 64;
    ip[9] = t.udp ? 17 : 6;
    auto line = static_cast<uint32_t>(random_() % t.lines);
    if (t.never && line % t.never == 0) ++line;
    put32(ip + 12, kFirstAddress + line);
    // One of the line's four usual networks, or any of 198.18.0.0/15.
    const uint32_t network = t.new_networks ? static_cast<uint32_t>(random_() % 512) : (line * 7 + random_() % 4) % 512;
    put32(ip + 16, 0xc6120000 + network * 256 + 25);
    uint8_t* tcp = ip + 20;
    put16(tcp, 1024 + static_cast<uint32_t>(random_() % 60'000));
    put16(tcp + 2, t.governed ? 25 : 26 + static_cast<uint32_t>(random_() % 60'000));
    if (!t.udp) {
      tcp[12] = 0x50;
      tcp[13] = 2;  // SYN
    }
  }
}

int Rig::program_of(Target target) const {
  switch (target) {
    case Target::bare:
      return bpf_program__fd(driver_->progs.bench_bare);
    case Target::floor:
      return floor_program();
    case Target::gate:
      return gate_->program(gate::Gate::Hook::ingress);
    case Target::trie:
      return bpf_program__fd(trie_->progs.pn_tc_ingress);
  }
  return -1;
}

double Rig::run(Target target, bool cold) {
  const uint32_t zero = 0;
  const int program = program_of(target);
  PN_CHECK(bpf_map_update_elem(bpf_map__fd(driver_->maps.bench_target), &zero, &program, BPF_ANY) == 0);
  if (cold)
    for (uint64_t& word : flush_) word += 1;
  *next_ = 0;
  double ns = 0;
  std::array<uint8_t, 1600> frame{};
  for (const uint32_t size : kSizes) {
    frame.fill(0);
    put16(frame.data() + 12, 0x0800);
    frame[14] = 0x45;
    __sk_buff ctx{};
    ctx.ifindex = ctx.ingress_ifindex = ifindex_;
    LIBBPF_OPTS(bpf_test_run_opts, o);
    o.data_in = frame.data();
    o.data_size_in = size;
    o.ctx_in = &ctx;
    o.ctx_size_in = sizeof ctx;
    o.repeat = BENCH_PACKETS / static_cast<int>(kSizes.size());
    PN_CHECK(bpf_prog_test_run_opts(bpf_program__fd(driver_->progs.bench_driver), &o) == 0);
    ns += static_cast<double>(o.duration) / static_cast<double>(kSizes.size());
  }
  return ns;
}

}  // namespace postern::bench
