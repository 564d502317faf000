// SPDX-License-Identifier: Apache-2.0
#include "gate/kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "gate/skeleton.h"
#include "sys/entropy.h"
#include "sys/fd.h"
#include "sys/log.h"

namespace postern::gate {
namespace {

constexpr std::string_view kDetachFirst = "run `postern gate detach` first; it opens the network until the next start";

Status need_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (syscall(SYS_capget, &header, data) != 0) return fail_errno("capget");
  std::string missing;
  for (const auto& [bit, name] :
       {std::pair{CAP_BPF, "CAP_BPF"}, {CAP_PERFMON, "CAP_PERFMON"}, {CAP_NET_ADMIN, "CAP_NET_ADMIN"}})
    if ((data[CAP_TO_INDEX(bit)].effective & CAP_TO_MASK(bit)) == 0) missing += fmt::format(" {}", name);
  if (missing.empty()) return {};
  return fail(Errc::denied, "the gate lacks" + missing, {}, "start posternd as root or give it these capabilities");
}

Status need_bpffs(const std::string& pin_dir) {
  std::error_code error;
  std::filesystem::create_directories(pin_dir, error);
  struct statfs fs{};
  if (statfs(pin_dir.c_str(), &fs) != 0)
    return fail(Errc::io, fmt::format("cannot use {}: {}", pin_dir, error ? error.message() : std::strerror(errno)),
                "[gate] pin_dir", "mount -t bpf bpf /sys/fs/bpf");
  if (fs.f_type != BPF_FS_MAGIC)
    return fail(Errc::unavailable, fmt::format("{} is not on a BPF file system", pin_dir), "[gate] pin_dir",
                "mount -t bpf bpf /sys/fs/bpf");
  return {};
}

// libbpf talks through a global callback; what it said last explains a failure.
std::string& libbpf_says() {
  static std::string text;
  return text;
}
int keep_message(libbpf_print_level level, const char* format, va_list args) {
  if (level == LIBBPF_DEBUG) return 0;
  char line[2048];
  vsnprintf(line, sizeof line, format, args);
  if (libbpf_says().size() < 8192) libbpf_says() += line;
  return 0;
}

std::string kernel_version() {
  utsname u{};
  uname(&u);
  return u.release;
}

void size_maps(gate_bpf& o, const Options& options) {
  bpf_map__set_max_entries(o.maps.pn_leaf, (options.pages_max + 1) * (PN_PAGE_ADDRESSES / 16));
  bpf_map__set_max_entries(o.maps.pn_slot, options.lines_max + 1);
  bpf_map__set_max_entries(o.maps.pn_past, options.lines_max + 1);
  bpf_map__set_max_entries(o.maps.pn_note, options.lines_max + 1);
  bpf_map__set_max_entries(o.maps.pn_dirty, options.lines_max / 64 + 1);
  bpf_map__set_max_entries(o.maps.pn_prefix6, options.lines_max);
  bpf_map__set_max_entries(o.maps.pn_listed, options.listed_max);
  bpf_map__set_max_entries(o.maps.pn_pending, options.pending_max);
  bpf_map__set_max_entries(o.maps.pn_hold, options.holds_max);
  bpf_map__set_max_entries(o.maps.pn_events, options.events_bytes);
}

Status reuse(bpf_map* map, const std::string& path) {
  const sys::Fd fd(bpf_obj_get(path.c_str()));
  if (!fd)
    return fail(Errc::conflict, fmt::format("{} is missing from the pinned tables", bpf_map__name(map)), path,
                std::string(kDetachFirst));
  bpf_map_info info{};
  uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(fd.get(), &info, &size) != 0) return fail_errno("read map " + path);
  if (info.type != bpf_map__type(map) || info.key_size != bpf_map__key_size(map) ||
      info.value_size != bpf_map__value_size(map) || info.max_entries != bpf_map__max_entries(map))
    return fail(Errc::conflict,
                fmt::format("the pinned table {} has another shape ({} entries of {} bytes, wanted {} of {})",
                            bpf_map__name(map), info.max_entries, info.value_size, bpf_map__max_entries(map),
                            bpf_map__value_size(map)),
                path, std::string(kDetachFirst));
  if (bpf_map__reuse_fd(map, fd.get()) != 0) return fail_errno("adopt map " + path);
  return {};
}

bool is_pinned(const bpf_map* map) { return std::string_view(bpf_map__name(map)).starts_with("pn_"); }

Status adopt_pins(gate_bpf& o, const std::string& directory) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, o.obj) {
    if (is_pinned(map)) PN_TRY_VOID(reuse(map, directory + "/" + bpf_map__name(map)));
  }
  return {};
}

// All or nothing: pinned beside, then renamed.
Status make_pins(gate_bpf& o, const std::string& directory) {
  // No dots: the BPF file system refuses them.
  const std::string half = std::filesystem::path(directory).parent_path() / "unfinished";
  std::error_code error;
  std::filesystem::remove_all(half, error);
  if (mkdir(half.c_str(), 0700) != 0) return fail_errno("mkdir " + half);
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, o.obj) {
    if (is_pinned(map) && bpf_map__pin(map, (half + "/" + bpf_map__name(map)).c_str()) != 0)
      return fail_errno(fmt::format("pin {}", bpf_map__name(map)));
  }
  if (rename(half.c_str(), directory.c_str()) != 0) return fail_errno("rename " + half);
  return {};
}

Status refuse_other_versions(const std::string& pin_dir, const std::string& ours) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(pin_dir, error)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("abi-") && entry.path() != ours)
      return fail(Errc::conflict, fmt::format("tables of another version of Postern are in force ({})", name), pin_dir,
                  std::string(kDetachFirst));
  }
  return {};
}

}  // namespace

template <class T>
Mapped<T>::~Mapped() {
  if (!data_.empty()) munmap(data_.data(), data_.size_bytes());
}

template <class T>
Result<Mapped<T>> Mapped<T>::of(int map_fd, size_t entries) {
  void* p = mmap(nullptr, entries * sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
  if (p == MAP_FAILED) return fail_errno("map a table into memory");
  Mapped m;
  m.data_ = {static_cast<T*>(p), entries};
  return m;
}

Kernel::~Kernel() { gate_bpf__destroy(object); }

Result<std::unique_ptr<Kernel>> Kernel::open(const Options& options) {
  PN_TRY_VOID(need_capabilities());
  PN_TRY_VOID(need_bpffs(options.pin_dir));
  const std::string directory = fmt::format("{}/abi-{}", options.pin_dir, PN_ABI_VERSION);
  PN_TRY_VOID(refuse_other_versions(options.pin_dir, directory));
  libbpf_says().clear();
  libbpf_set_print(keep_message);
  auto k = std::make_unique<Kernel>();
  k->object = gate_bpf__open();
  if (k->object == nullptr) return fail(Errc::io, "the gate's programs cannot be opened: " + libbpf_says());
  size_maps(*k->object, options);
  k->object->rodata->pn_fwmark = options.fwmark;
  k->object->rodata->pn_pass_mark = options.pass_mark;
  k->adopted = access(directory.c_str(), F_OK) == 0;
  if (k->adopted) PN_TRY_VOID(adopt_pins(*k->object, directory));
  if (const int error = gate_bpf__load(k->object); error != 0)
    return fail(-error == EPERM ? Errc::denied : Errc::unavailable,
                fmt::format("kernel {} does not take the gate's programs: {}\n{}", kernel_version(),
                            std::strerror(-error), libbpf_says()),
                {}, "Linux 6.1 or newer with BPF and JIT is needed");
  PN_TRY_VOID(k->map_all());
  if (k->adopted && load(k->live().abi) != PN_ABI_VERSION)
    return fail(Errc::conflict, "the pinned tables were never finished", directory, std::string(kDetachFirst));
  if (!k->adopted) {
    k->first_use(options);
    PN_TRY_VOID(make_pins(*k->object, directory));
  }
  sys::log(sys::Level::info, "gate", k->adopted ? "GATE_ADOPTED" : "GATE_MADE",
           k->adopted ? "took over the tables in force" : "made new tables", {{"pins", directory}});
  return k;
}

Status Kernel::map_all() {
  const auto fd = [](const bpf_map* m) { return bpf_map__fd(m); };
  const auto& m = object->maps;
  const auto size = [](const bpf_map* map) { return size_t{bpf_map__max_entries(map)}; };
  service = PN_TRY(Mapped<uint64_t>::of(fd(m.pn_service), size(m.pn_service)));
  live_map = PN_TRY(Mapped<pn_live>::of(fd(m.pn_live), 1));
  config = PN_TRY(Mapped<pn_config>::of(fd(m.pn_config), 2));
  block = PN_TRY(Mapped<pn_u32x16>::of(fd(m.pn_block), size(m.pn_block)));
  leaf = PN_TRY(Mapped<pn_u32x16>::of(fd(m.pn_leaf), size(m.pn_leaf)));
  slot = PN_TRY(Mapped<pn_slot>::of(fd(m.pn_slot), size(m.pn_slot)));
  past = PN_TRY(Mapped<pn_past>::of(fd(m.pn_past), size(m.pn_past)));
  note = PN_TRY(Mapped<pn_note>::of(fd(m.pn_note), size(m.pn_note)));
  dirty = PN_TRY(Mapped<uint64_t>::of(fd(m.pn_dirty), size(m.pn_dirty)));
  hold_filter = PN_TRY(Mapped<pn_hold_filter>::of(fd(m.pn_hold_filter), 1));
  hold = fd(m.pn_hold);
  prefix6 = fd(m.pn_prefix6);
  net = fd(m.pn_net);
  listed = fd(m.pn_listed);
  pending = fd(m.pn_pending);
  returns = fd(m.pn_returns);
  listener = fd(m.pn_listener);
  events = fd(m.pn_events);
  percpu = fd(m.pn_percpu);
  ingress = bpf_program__fd(object->progs.pn_tc_ingress);
  egress = bpf_program__fd(object->progs.pn_tc_egress);
  ingress_bare = bpf_program__fd(object->progs.pn_tc_ingress_bare);
  egress_bare = bpf_program__fd(object->progs.pn_tc_egress_bare);
  return {};
}

void Kernel::first_use(const Options& options) {
  pn_live& l = live();
  // Fingerprints are keyed, so that nobody outside can pick destinations that collide. Kept with the table.
  sys::random_bytes(std::as_writable_bytes(std::span(&l.seed, 1)));
  l.lines_max = options.lines_max;
  l.pages_max = options.pages_max;
  store(service[PN_PORT_MAIL / 64], uint64_t{1} << PN_PORT_MAIL % 64);
  store(l.abi, uint32_t{PN_ABI_VERSION});
}

Status remove_pins(const std::string& pin_dir) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(pin_dir, error)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("abi-") && name != "unfinished") continue;
    std::filesystem::remove_all(entry.path(), error);
    if (error) return fail(Errc::io, fmt::format("cannot remove {}: {}", entry.path().string(), error.message()));
  }
  std::filesystem::remove(pin_dir, error);  // when it is ours alone
  return {};
}

// MEMBARRIER_CMD_GLOBAL is synchronize_rcu() in the kernel, and programs run inside RCU read sections.
void wait_for_programs() { syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0); }

}  // namespace postern::gate
