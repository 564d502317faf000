// SPDX-License-Identifier: Apache-2.0
// Gate: the kernel plane as C++ sees it. Loads the programs of bpf/, owns the pinned maps, turns line table changes
// into map changes and kernel events into values. Knows nothing of roles, messages or detectors.
//
// Fail closed: maps and filters stay when the process dies, and an entry the kernel does not have is class `unknown`.
// A slot (per-line kernel state: tokens, memory of destinations, counters) belongs to one line for its life: prefixes
// of one line under one policy share it, a verdict change keeps it, a line that comes back with another address finds
// it again, and no other line ever inherits it. Limits: everything in Options; a full table refuses that entry
// (Errc::limit, counter, GATE_TABLE_FULL) and goes on. Threads: one. Time is handed in: `now` is the caller's clock,
// the kernel's boot clock is read through the kernel.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ip.h"
#include "base/result.h"
#include "base/time.h"
#include "model/line.h"
#include "model/observation.h"
#include "model/order.h"
#include "model/policy.h"

namespace postern::gate {

struct Options {
  std::string pin_dir = "/sys/fs/bpf/postern";  // maps live in pin_dir/abi-N
  uint32_t lines_max = 1'048'576;               // lines with an entry at one time; 208 bytes of kernel memory each
  uint32_t pages_max = 4'096;                   // blocks of 4,096 IPv4 addresses with an entry; 16 KB each
  uint32_t listed_max = 65'536;                 // `listed` destinations of all lines
  uint32_t pending_max = 65'536;                // first contacts waiting for their outcome
  uint32_t holds_max = 65'536;                  // held prefixes
  uint32_t events_bytes = 4U << 20;             // ring buffer, a power of two
  uint32_t fwmark = 0x2525;                     // steered to the explainer; routing.h sends it to the local table
  uint32_t pass_mark = 0x10000000;              // bits set on every governed packet let through; guard.h asks for them
};

// What holds for the whole network. Swapped as one.
struct Network {
  std::vector<Prefix> subscriber_prefixes;  // sources outside are spoofed (with source_validation); empty = no check
  std::vector<Prefix> relay;                // always open, never counted against a line
  std::vector<Prefix> dark;                 // a first contact there is flagged
  std::vector<Prefix> allow;                // what a line in the garden may reach; may change at any time
  model::ClassPolicy unknown;               // for sources no entry covers, and for entries that expired
  uint32_t revision = 0;                    // policy revision, for entries of class unknown
  std::map<std::string, Duration> destination_memory;  // by class name; absent = that of `unknown`
  bool source_validation = true;   // a governed source must route back to the interface it came in on
  bool drop_fragments = false;     // governed or not, non-first TCP fragments (they carry no port): drop or pass
  uint32_t banners_per_min = 30;   // explainer connections per line; beyond them RST
  uint32_t contacts_per_min = 30;  // first contacts reported per line where no network limit bounds them
  uint32_t contacts_burst = 60;
  uint32_t resets_per_s = 2'000;  // RSTs per CPU; beyond them silence
  // From the policy; everything the policy does not say keeps its default.
  [[nodiscard]] static Network of(const model::Policy& policy, uint32_t revision);
};

struct Attached {
  std::string name;
  uint32_t ifindex = 0;
  bool ethernet = true;  // false: packets start at the IP header
  bool egress = true;    // false: a foreign `ingress` qdisc leaves no egress hook; source port 25 is not checked here
};

// One per LineDelta entry, `removed` first, then `set`, in their order.
struct EntryResult {
  Prefix prefix;
  model::OrderId order;
  model::ReceiptState state = model::ReceiptState::in_force;  // in_force, refused, withdrawn
  std::string detail;                                         // why refused
};

// What the kernel really has for an address or prefix.
struct InForce {
  uint32_t slot = 0;  // 0 = class unknown
  model::SubscriberId line;
  model::Verdict verdict = model::Verdict::explain;
  model::Reason reason = model::Reason::none;
  uint32_t revision = 0;
  model::Limits limits;
  uint32_t access_ifindex = 0;
  uint16_t vlan_outer = 0;
  uint16_t vlan_inner = 0;
  Time expires;
  uint32_t destinations = 0;  // remembered destination networks
  bool expired = false;
  model::Hold hold = model::Hold::none;
  model::LineSum totals;  // since the line got its slot, modulo 2^32
};

// A first contact, as it is known now.
struct Contact {
  Time at;
  model::FirstContact contact;
  uint16_t source_port = 0;
  uint32_t ifindex = 0;
  bool source_validated = false;
};

struct Stats {
  std::vector<std::pair<std::string_view, uint64_t>> counters;  // by reason, all CPUs, since the maps were made
  uint32_t lines = 0, lines_max = 0;
  uint32_t pages = 0, pages_max = 0;
  uint32_t prefixes6 = 0, prefixes6_max = 0;
  uint32_t listed = 0, listed_max = 0;
  uint32_t pending = 0, pending_max = 0;
  uint32_t holds = 0, holds_max = 0;
  uint64_t holds_refused = 0;  // lines that go on without their hold: the table is full
  uint64_t refused = 0;        // entries a full table turned away
  [[nodiscard]] uint64_t counter(std::string_view name) const;
};

class Gate {
 public:
  // Adopts pinned maps when ABI version and shapes match, makes them when there are none, and refuses anything else.
  // Programs are always this build's: attach() replaces them in place. Errc::denied names the missing capability.
  [[nodiscard]] static Result<Gate> open(const Options& options);
  Gate(Gate&&) noexcept;
  Gate& operator=(Gate&&) noexcept;
  ~Gate();  // leaves maps and filters in force

  // True when open() found a running table; the caller must replace_all() before it trusts in_force().
  [[nodiscard]] bool adopted() const;

  [[nodiscard]] Result<Attached> attach(const std::string& interface);
  [[nodiscard]] Status detach_interface(const std::string& interface);
  [[nodiscard]] const std::vector<Attached>& attached() const;
  // A filter stands in our place there, which this process did not attach: a predecessor's.
  [[nodiscard]] bool occupied(const std::string& interface) const;
  // Ours is still the filter on the hooks; false = somebody removed it (attach() again heals it).
  [[nodiscard]] bool attached_in_kernel(const Attached& a) const;

  [[nodiscard]] Status set_network(const Network& network, Time now);
  // Listening sockets (IP_TRANSPARENT); -1 = none for that family, which drops what would be explained.
  [[nodiscard]] Status set_explainer(int listener4, int listener6);
  // The same for HTTP of lines in the garden; -1 = it is reset.
  [[nodiscard]] Status set_garden(int listener4, int listener6);

  // In place, entry by entry; no covered address is without its old or new entry at any moment.
  [[nodiscard]] std::vector<EntryResult> apply(const model::LineDelta& delta, Time now);
  // The whole table: what is equal stays untouched, what is not in `entries` goes last. Only refused entries come back.
  [[nodiscard]] std::vector<EntryResult> replace_all(const std::vector<model::LineEntry>& entries, Time now);
  [[nodiscard]] InForce in_force(const IpAddress& address, Time now) const;

  using OnContact = std::function<void(const Contact&)>;
  [[nodiscard]] int events_fd() const;  // readable when drain() has work
  size_t drain(Time now, const OnContact& on_contact);
  // Contacts of open and limited lines whose outcome is known now, or 10 s old. Call once a second. With `ahead` their
  // age is judged as it will be so much later than now.
  size_t sweep_pending(Time now, const OnContact& on_contact, Duration ahead = {});
  // Exact deltas since the last call, only of lines that changed.
  size_t sums(const std::function<void(const model::LineSum&)>& on_sum);
  [[nodiscard]] Stats stats() const;

  // The programs themselves, for BPF_PROG_TEST_RUN: tests, bench and `postern check`.
  enum class Hook : uint8_t { ingress, egress, ingress_bare, egress_bare };
  [[nodiscard]] int program(Hook hook) const;

  // Removes our filters from `interfaces` and the pinned maps. Opens the network: only on an operator's order.
  [[nodiscard]] static Status detach(const std::string& pin_dir, const std::vector<std::string>& interfaces);

 private:
  struct State;
  explicit Gate(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace postern::gate
