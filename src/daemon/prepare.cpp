// SPDX-License-Identifier: Apache-2.0
// The supervisor's start: all that can be wrong is looked at before any role runs, and all faults are told at once.
#include <algorithm>
#include <array>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "act/webhook/webhook.h"
#include "daemon/decoys.h"
#include "daemon/supervisor.h"
#include "decide/engine.h"
#include "edge/relay/memory.h"
#include "observe/flow_export/flow_export.h"
#include "observe/mirror/filter.h"
#include "observe/nat_log/nat_log.h"
#include "settings/check.h"
#include "sys/log.h"
#include "sys/packets/packet_ring.h"
#include "sys/packets/udp_batch.h"
#include "sys/privileges.h"
#include "tables/origins.h"

namespace postern::daemon {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr int kExplainerBacklog = 4096;  // SYNs wait here while the explainer restarts
constexpr int kGardenBacklog = 1024;
constexpr int kRelayBacklog = 1024;
constexpr int kDecoyBacklog = 256;
constexpr int kDnstapBacklog = 16;
constexpr size_t kSecretBytesMax = 4096;
constexpr size_t kCertificatesBytesMax = 2 * 1024 * 1024;

Result<std::string> read_small(const std::string& path, size_t bytes_max) {
  const sys::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("read " + path);
  auto text = sys::read_whole(fd.get(), bytes_max);
  if (!text) return fail(text.error().code, fmt::format("{}: {}", path, text.error().what), {}, text.error().fix);
  return text;
}

Result<std::string> read_secret(const std::string& path) { return read_small(path, kSecretBytesMax); }

// Written whole or not at all: a key cut short by a crash would lose the journal's personal data for ever.
Result<std::string> load_or_create_key(const std::string& path) {
  auto key = read_secret(path);
  if (key && key->size() == kKeyBytes) return key;
  if (key)
    return fail(Errc::bad_input, fmt::format("{} has {} bytes, a key has {}", path, key->size(), kKeyBytes), {},
                "restore it from the backup; the journal's personal data cannot be read without it");
  if (key.error().code != Errc::not_found) return key;
  std::string fresh(kKeyBytes, '\0');
  randombytes_buf(fresh.data(), fresh.size());
  const std::string part = path + ".new";
  const sys::Fd fd(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd || ::write(fd.get(), fresh.data(), fresh.size()) != static_cast<ssize_t>(fresh.size()) ||
      ::fsync(fd.get()) != 0 || ::rename(part.c_str(), path.c_str()) != 0)
    return fail_errno("write " + path);
  return fresh;
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

// root's, and that group's if there is one; the role that serves it gets the socket and never needs the file. A group
// that does not exist was told by check_environment().
Result<sys::Fd> open_unix(const std::string& path, const std::string& group_name) {
  sys::Fd fd = PN_TRY(sys::listen_unix(path, 0600));
  const auto group = sys::group_id(group_name);
  if (group_name.empty() || !group) return fd;
  if (::chown(path.c_str(), 0, *group) != 0 || ::chmod(path.c_str(), 0660) != 0)
    return fail_errno("give " + path + " to group " + group_name);
  return fd;
}

}  // namespace

std::expected<SettingsFile, std::vector<Error>> read_settings(const std::string& path) {
  const sys::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::unexpected(std::vector{fail_errno("read " + path).error()});
  SettingsFile file;
  std::array<char, 65536> chunk{};
  for (ssize_t n = 0; (n = ::read(fd.get(), chunk.data(), chunk.size())) > 0;) {
    file.text.append(chunk.data(), static_cast<size_t>(n));
    if (file.text.size() <= settings::kFileBytesMax) continue;
    return std::unexpected(std::vector{Error{Errc::limit, path + " is larger than a settings file may be", "", ""}});
  }
  auto loaded = settings::load_text(file.text, path, decide::Engine::detectors());
  if (!loaded) return std::unexpected(loaded.error());
  file.settings = std::move(*loaded);
  return file;
}

std::vector<Error> Supervisor::prepare() {
  std::vector<Error> faults;
  if (::sodium_init() < 0) faults.push_back({Errc::unavailable, "libsodium does not start", "", ""});
  const auto missing = sys::missing_capabilities({CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN});
  for (const std::string& name : missing)
    faults.push_back(
        {Errc::denied, name + " is missing", "", "run posternd as root; roles give up what they do not need"});
  if (auto ids = sys::user_ids(settings_.daemon.user); !ids) faults.push_back(ids.error());
  if (!faults.empty()) return faults;
  // The same demands as `postern check`; secrets are read only when their files are as they should be.
  faults = settings::check_environment(settings_).faults;
  const bool files_good = faults.empty();
  prepare_directories(faults);
  if (files_good) prepare_secrets(faults);
  open_listeners(faults);
  return faults;
}

void Supervisor::prepare_directories(std::vector<Error>& faults) {
  const auto ids = sys::user_ids(settings_.daemon.user);
  const auto own = [&](const std::string& path, unsigned mode) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error || ::chmod(path.c_str(), mode) != 0 || ::chown(path.c_str(), ids->uid, ids->gid) != 0)
      faults.push_back(fail_errno("prepare " + path).error());
  };
  own(settings_.store.directory, 0700);
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(settings_.api.socket).parent_path(), error);
  if (error)
    faults.push_back({Errc::io, "make the folder of " + settings_.api.socket + ": " + error.message(), "", ""});
}

void Supervisor::prepare_secrets(std::vector<Error>& faults) {
  for (const char* name : {"reference", "master"}) {
    auto key = load_or_create_key(fmt::format("{}/{}.key", settings_.store.directory, name));
    if (key) {
      secrets_[name] = std::move(*key);
    } else {
      faults.push_back(key.error());
    }
  }
  for (auto& [name, secret] : client_secrets(settings_, faults)) secrets_[name] = std::move(secret);
}

// What the act role needs of the disk, which it does not see: "act:webhook", "act:mail", "act:ca:PATH".
void Supervisor::act_secrets(const settings::Settings& settings, std::map<std::string, std::string>& out,
                             std::vector<Error>& faults) {
  const auto keep = [&](const std::string& name, const std::string& path, size_t bytes_max) {
    if (path.empty()) return;
    if (auto text = read_small(path, bytes_max)) {
      out[name] = std::move(*text);
    } else {
      faults.push_back(text.error());
    }
  };
  keep("act:webhook", settings.webhook.secret_file, kSecretBytesMax);
  keep("act:mail", settings.mail.password_file, kSecretBytesMax);
  if (const auto it = out.find("act:mail"); it != out.end()) it->second = trimmed(std::move(it->second));
  if (const auto it = out.find("act:webhook"); it != out.end()) {
    it->second = trimmed(std::move(it->second));
    if (!act::webhook::key_of(it->second))
      faults.push_back({Errc::bad_input, "webhook.secret_file holds no key of Standard Webhooks",
                        settings.webhook.secret_file, "whsec_ and base64: echo whsec_$(openssl rand -base64 32)"});
  }
  for (const std::string* ca : {&settings.mail.ca_file, &settings.webhook.ca_file})
    keep("act:ca:" + *ca, *ca, kCertificatesBytesMax);
}

std::map<std::string, std::string> Supervisor::client_secrets(const settings::Settings& settings,
                                                              std::vector<Error>& faults) {
  std::map<std::string, std::string> out;
  for (const auto& client : settings.radius_acct.clients) {
    auto secret = read_secret(client.secret_file);
    if (secret) {
      out["radius:" + to_string(client.address)] = trimmed(std::move(*secret));
    } else {
      faults.push_back(secret.error());
    }
  }
  act_secrets(settings, out, faults);
  if (!settings.relay.origins.empty()) {
    auto text = read_small(settings.relay.origins, tables::kOriginsBytesMax);
    auto read = text ? tables::Origins::parse(*text) : std::unexpected(text.error());
    if (read) {
      out["relay:origins"] = std::move(*text);
    } else {
      faults.push_back(
          {read.error().code, "relay.origins: " + read.error().what, settings.relay.origins, read.error().fix});
    }
  }
  for (const auto& nas : settings.radius_coa.nases) {
    auto secret = read_secret(nas.secret_file);
    if (secret) {
      out["coa:" + nas.name] = trimmed(std::move(*secret));
    } else {
      faults.push_back(secret.error());
    }
  }
  return out;
}

void Supervisor::keep(std::vector<Error>& faults, const std::string& name, Result<sys::Fd> fd) {
  if (fd) {
    listeners_[name] = std::move(*fd);
  } else {
    faults.push_back({fd.error().code, fmt::format("{}: {}", name, fd.error().what), fd.error().where, fd.error().fix});
  }
}

void Supervisor::open_listeners(std::vector<Error>& faults) {
  keep(faults, "explainer4", sys::listen_tcp(settings_.explainer.listen4, kExplainerBacklog, true));
  keep(faults, "explainer6", sys::listen_tcp(settings_.explainer.listen6, kExplainerBacklog, true));
  for (const auto& [name, at] : {std::pair{"garden4", settings_.garden.listen4}, {"garden6", settings_.garden.listen6}})
    if (at.address) keep(faults, name, sys::listen_tcp(at, kGardenBacklog, true));
  for (size_t i = 0; i < settings_.radius_acct.listen.size(); ++i)
    keep(faults, fmt::format("radius_acct:{}", i), sys::bind_udp(settings_.radius_acct.listen[i]));
  for (size_t i = 0; i < settings_.flow_export.listen.size(); ++i) {
    auto fd = sys::bind_udp(settings_.flow_export.listen[i]);
    // More than net.core.rmem_max is for the privileged, so it is asked for here.
    if (fd)
      if (const auto got = sys::prepare_for_batches(fd->get(), observe::flow_export::kReceiveBufferOctets); !got)
        sys::log(sys::Level::warning, "daemon", "FLOW_SOCKET_PLAIN", got.error().text());
    keep(faults, fmt::format("flow_export:{}", i), std::move(fd));
  }
  for (size_t i = 0; i < settings_.who.nat_log.size(); ++i) {
    auto fd = sys::bind_udp(settings_.who.nat_log[i]);
    if (fd)
      if (const auto got = sys::prepare_for_batches(fd->get(), observe::nat_log::kReceiveBufferOctets); !got)
        sys::log(sys::Level::warning, "daemon", "NAT_LOG_SOCKET_PLAIN", got.error().text());
    keep(faults, fmt::format("nat_log:{}", i), std::move(fd));
  }
  for (size_t i = 0; i < settings_.notice.listen.size(); ++i)
    keep(faults, fmt::format("notice:{}", i), sys::listen_tcp(settings_.notice.listen[i], 512, false));
  for (size_t i = 0; i < settings_.mail.intake.size(); ++i)
    keep(faults, fmt::format("mail_intake:{}", i), sys::listen_tcp(settings_.mail.intake[i], 64, false));
  for (size_t i = 0; i < settings_.radius_auth.listen.size(); ++i)
    keep(faults, fmt::format("radius_auth:{}", i), sys::listen_tcp(settings_.radius_auth.listen[i], 512, false));
  for (size_t i = 0; i < settings_.api.metrics.size(); ++i)
    keep(faults, fmt::format("metrics:{}", i), sys::listen_tcp(settings_.api.metrics[i], 16, false));
  keep(faults, "api", open_unix(settings_.api.socket, settings_.api.group));
  for (size_t i = 0; i < settings_.mirror.interfaces.size(); ++i)
    keep(faults, fmt::format("mirror:{}", i),
         sys::open_packet_ring(settings_.mirror.interfaces[i], sys::ring_blocks(settings_.mirror.ring),
                               observe::mirror::make_filter()));
  open_relay(faults);
  open_decoys(faults);
  size_t taps = 0;
  if (const settings::Dnstap& d = settings_.dnstap; !d.listen_unix.empty())
    keep(faults, fmt::format("dnstap:{}", taps++), open_unix(d.listen_unix, d.group));
  for (const Endpoint& at : settings_.dnstap.listen)
    keep(faults, fmt::format("dnstap:{}", taps++), sys::listen_tcp(at, kDnstapBacklog, false));
}

// An address that is not there yet is no fault: probes tell.
void Supervisor::open_decoys(std::vector<Error>& faults) {
  const std::vector<edge::decoy::Place> places = places_of(settings_.decoy);
  for (size_t i = 0; i < places.size(); ++i) {
    keep(faults, fmt::format("decoy:{}", i), sys::listen_tcp(places[i].at, kDecoyBacklog, true));
    if (!settings_.decoy.probe_netns.empty())
      keep(faults, fmt::format("probe:{}", i),
           sys::tcp_socket_in(settings_.decoy.probe_netns, places[i].at.address.family));
  }
}

void Supervisor::open_relay(std::vector<Error>& faults) {
  const settings::Relay& relay = settings_.relay;
  size_t n = 0;
  if (!relay.listen_unix.empty()) keep(faults, fmt::format("relay:{}", n++), open_unix(relay.listen_unix, relay.group));
  for (const Endpoint& at : relay.listen)
    keep(faults, fmt::format("relay:{}", n++), sys::listen_tcp(at, kRelayBacklog, false));
  for (size_t i = 0; i < relay.mail_log.size(); ++i)
    keep(faults, fmt::format("mail_log:{}", i), sys::listen_tcp(relay.mail_log[i], 64, false));
  size_t milters = 0;
  if (!relay.milter_unix.empty())
    keep(faults, fmt::format("milter:{}", milters++), open_unix(relay.milter_unix, relay.group));
  for (const Endpoint& at : relay.milter)
    keep(faults, fmt::format("milter:{}", milters++), sys::listen_tcp(at, kRelayBacklog, false));
  // Kept here, so that the counts outlive the edge role.
  keep(faults, "relay_meters", edge::relay::SharedMemory::make("relay-meters"));
  if (n + milters == 0 || !listeners_.contains("relay_meters")) return;
  const Status found = edge::relay::SharedMemory::load(listeners_["relay_meters"].get(), meters_path());
  if (!found && found.error().code != Errc::not_found)
    sys::log(sys::Level::warning, "relay", "RELAY_METERS_LOST", found.error().text());
}

std::string Supervisor::meters_path() const {
  return std::filesystem::path(settings_.api.socket).parent_path() / "relay.meters";
}

void Supervisor::save_meters() const {
  if (std::ranges::none_of(listeners_, [](const auto& l) { return l.first == "relay:0" || l.first == "milter:0"; }))
    return;
  if (auto done = edge::relay::SharedMemory::save(listeners_.at("relay_meters").get(), meters_path()); !done)
    sys::log(sys::Level::warning, "relay", "RELAY_METERS_NOT_SAVED", done.error().text());
}

Kit Supervisor::kit_for(Role role, std::vector<int>& descriptors) const {
  Kit kit{.role = role, .supervisor_pid = ::getpid(), .settings_path = settings_path_, .settings_text = settings_text_};
  const auto give = [&](std::string_view prefix) {
    for (const auto& [name, fd] : listeners_) {
      if (!name.starts_with(prefix)) continue;
      kit.fds[name] = kFirstListenerFd + static_cast<int>(descriptors.size());
      descriptors.push_back(fd.get());
    }
  };
  const auto tell = [&](std::string_view prefix) {
    for (const auto& [name, secret] : secrets_)
      if (name.starts_with(prefix)) kit.secrets[name] = secret;
  };
  switch (role) {
    case Role::brain:
      tell("master");
      tell("reference");
      break;
    case Role::gate:
      give("explainer");
      give("garden");
      break;
    case Role::edge:
      give("explainer");
      give("radius_acct");
      give("flow_export");
      give("relay");
      give("milter");
      give("radius_auth");
      give("mail_intake");
      give("mail_log");
      give("decoy");
      give("dnstap");
      give("mirror");
      give("nat_log");
      give("probe");
      tell("relay:");
      tell("radius:");
      tell("reference");
      break;
    case Role::web:
      give("notice");
      give("garden");
      give("api");
      give("metrics");
      tell("reference");
      break;
    case Role::act:
      tell("act:");
      tell("coa:");
      break;
    case Role::supervisor:
      break;
  }
  return kit;
}

}  // namespace postern::daemon
