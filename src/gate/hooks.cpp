// SPDX-License-Identifier: Apache-2.0
// Our filters on interfaces: one place per hook, replaced in place, foreign filters and qdiscs left alone.
#include <algorithm>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <linux/pkt_sched.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "gate/netlink.h"
#include "gate/state.h"
#include "sys/log.h"

namespace postern::gate {
namespace {

Result<bool> is_ethernet(const std::string& interface) {
  const sys::Fd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq r{};
  std::strncpy(r.ifr_name, interface.c_str(), sizeof r.ifr_name - 1);
  if (ioctl(fd.get(), SIOCGIFHWADDR, &r) != 0) return fail_errno("look at interface " + interface);
  return r.ifr_hwaddr.sa_family == ARPHRD_ETHER || r.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK;
}

// "clsact", "ingress" or "" for the qdisc that holds the hooks.
Result<std::string> hook_qdisc(uint32_t ifindex) {
  Netlink link = PN_TRY(Netlink::open());
  tcmsg t{};
  t.tcm_family = AF_UNSPEC;
  t.tcm_ifindex = static_cast<int>(ifindex);
  Request q(RTM_GETQDISC, 0, t);
  std::string kind;
  PN_TRY_VOID(link.dump(q, [&](const nlmsghdr& m) {
    const auto& got = *static_cast<const tcmsg*>(NLMSG_DATA(&m));
    if (got.tcm_ifindex != static_cast<int>(ifindex) || got.tcm_parent != TC_H_INGRESS) return;
    const rtattr* a = find_attribute(m, sizeof(tcmsg), TCA_KIND);
    if (a != nullptr)
      kind.assign(static_cast<const char*>(RTA_DATA(a)),
                  strnlen(static_cast<const char*>(RTA_DATA(a)), RTA_PAYLOAD(a)));
  }));
  return kind;
}

bpf_tc_hook hook_of(uint32_t ifindex, bpf_tc_attach_point point) {
  bpf_tc_hook h{};
  h.sz = sizeof h;
  h.ifindex = static_cast<int>(ifindex);
  h.attach_point = point;
  return h;
}

bpf_tc_opts place() {
  bpf_tc_opts o{};
  o.sz = sizeof o;
  o.handle = PN_FILTER_HANDLE;
  o.priority = PN_FILTER_PRIORITY;
  return o;
}

Status put(uint32_t ifindex, bpf_tc_attach_point point, int program, const std::string& interface) {
  const bpf_tc_hook hook = hook_of(ifindex, point);
  bpf_tc_opts opts = place();
  opts.prog_fd = program;
  opts.flags = BPF_TC_F_REPLACE;
  if (const int error = bpf_tc_attach(&hook, &opts); error != 0) {
    errno = -error;
    return fail_errno("attach the gate to " + interface);
  }
  return {};
}

bool take_off(uint32_t ifindex, bpf_tc_attach_point point) {
  const bpf_tc_hook hook = hook_of(ifindex, point);
  const bpf_tc_opts opts = place();
  return bpf_tc_detach(&hook, &opts) == 0;
}

uint32_t id_of(int program) {
  bpf_prog_info info{};
  uint32_t size = sizeof info;
  return bpf_obj_get_info_by_fd(program, &info, &size) == 0 ? info.id : 0;
}

bool is_ours(uint32_t ifindex, bpf_tc_attach_point point, int program) {
  const bpf_tc_hook hook = hook_of(ifindex, point);
  bpf_tc_opts opts = place();
  return bpf_tc_query(&hook, &opts) == 0 && opts.prog_id != 0 && opts.prog_id == id_of(program);
}

}  // namespace

Result<Attached> Gate::attach(const std::string& interface) {
  Kernel& k = *state_->kernel;
  Attached a;
  a.name = interface;
  a.ifindex = if_nametoindex(interface.c_str());
  if (a.ifindex == 0)
    return fail(Errc::not_found, fmt::format("there is no interface {}", interface), "[network] subscriber_interfaces");
  a.ethernet = PN_TRY(is_ethernet(interface));
  bpf_tc_hook both = hook_of(a.ifindex, static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS));
  if (const int error = bpf_tc_hook_create(&both); error != 0 && error != -EEXIST) {
    errno = -error;
    return fail_errno("make the clsact hooks of " + interface);
  }
  // On somebody's `ingress` qdisc the egress parent would name its only, ingress, block.
  a.egress = PN_TRY(hook_qdisc(a.ifindex)) == "clsact";
  // Egress first: an interface is never half open toward the trick with source port 25.
  if (a.egress)
    PN_TRY_VOID(put(a.ifindex, BPF_TC_EGRESS, a.ethernet ? k.egress : k.egress_bare, interface));
  else
    sys::log(sys::Level::warning, "gate", "GATE_NO_EGRESS",
             "an `ingress` qdisc of somebody else leaves no egress hook: source port 25 is not checked",
             {{"interface", interface}});
  PN_TRY_VOID(put(a.ifindex, BPF_TC_INGRESS, a.ethernet ? k.ingress : k.ingress_bare, interface));
  std::erase_if(state_->attached, [&](const Attached& o) { return o.name == interface; });
  state_->attached.push_back(a);
  return a;
}

Status Gate::detach_interface(const std::string& interface) {
  const uint32_t ifindex = if_nametoindex(interface.c_str());
  std::erase_if(state_->attached, [&](const Attached& o) { return o.name == interface; });
  if (ifindex == 0) return {};  // gone, and its filters with it
  take_off(ifindex, BPF_TC_INGRESS);
  if (PN_TRY(hook_qdisc(ifindex)) == "clsact") take_off(ifindex, BPF_TC_EGRESS);
  return {};
}

const std::vector<Attached>& Gate::attached() const { return state_->attached; }

bool Gate::occupied(const std::string& interface) const {
  const uint32_t ifindex = if_nametoindex(interface.c_str());
  if (ifindex == 0 || std::ranges::find(state_->attached, interface, &Attached::name) != state_->attached.end())
    return false;
  const bpf_tc_hook hook = hook_of(ifindex, BPF_TC_INGRESS);
  bpf_tc_opts opts = place();
  return bpf_tc_query(&hook, &opts) == 0 && opts.prog_id != 0;
}

bool Gate::attached_in_kernel(const Attached& a) const {
  const Kernel& k = *state_->kernel;
  if (if_nametoindex(a.name.c_str()) != a.ifindex) return false;
  return is_ours(a.ifindex, BPF_TC_INGRESS, a.ethernet ? k.ingress : k.ingress_bare) &&
         (!a.egress || is_ours(a.ifindex, BPF_TC_EGRESS, a.ethernet ? k.egress : k.egress_bare));
}

int Gate::program(Hook hook) const {
  const Kernel& k = *state_->kernel;
  const int fds[] = {k.ingress, k.egress, k.ingress_bare, k.egress_bare};
  return fds[static_cast<size_t>(hook)];
}

Status Gate::detach(const std::string& pin_dir, const std::vector<std::string>& interfaces) {
  for (const std::string& name : interfaces) {
    const uint32_t ifindex = if_nametoindex(name.c_str());
    if (ifindex == 0) continue;
    take_off(ifindex, BPF_TC_INGRESS);
    if (PN_TRY(hook_qdisc(ifindex)) == "clsact") take_off(ifindex, BPF_TC_EGRESS);
  }
  return remove_pins(pin_dir);
}

}  // namespace postern::gate
