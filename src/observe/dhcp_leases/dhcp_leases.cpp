// SPDX-License-Identifier: Apache-2.0
#include "observe/dhcp_leases/dhcp_leases.h"

#include <algorithm>
#include <unistd.h>

#include "sys/log.h"

namespace postern::observe::dhcp_leases {
namespace {

constexpr std::string_view kComponent = "dhcp_leases";
constexpr size_t kChunk = 65'536;
constexpr Duration kToldEvery = minutes(1);

ByteView octets(const wire::KeaLease& lease, model::LeaseNameKind kind) {
  switch (kind) {
    case model::LeaseNameKind::circuit:
      return lease.circuit;
    case model::LeaseNameKind::remote:
      return lease.remote;
    case model::LeaseNameKind::client:
      return lease.client;
    case model::LeaseNameKind::hw:
      return lease.hw;
  }
  return {};
}

}  // namespace

DhcpLeases::DhcpLeases(Config config, sys::Loop& loop, Emit emit, Now now)
    : config_(std::move(config)), loop_(loop), emit_(std::move(emit)), now_(std::move(now)) {
  timer_ = loop_.every(kLook, [this] { tick(); });
}

DhcpLeases::~DhcpLeases() { loop_.cancel(timer_); }

void DhcpLeases::file(const std::string& server, bool v6, bool follow, sys::Fd fd) {
  std::deque<File>& files = sources_[{server, v6}];
  if (files.size() >= config_.files_max) {
    if (stats_.files_full++ == 0)
      sys::log(sys::Level::warning, kComponent, "DHCP_FILES_FULL", "lease files wait unread; the oldest is left out",
               {{"server", server}});
    files.pop_front();
  }
  ++stats_.files;
  files.push_back(File{.fd = std::move(fd), .lines = wire::KeaLeaseLines(v6), .follow = follow, .begun = {}});
  read_all();
}

bool DhcpLeases::caught_up() const {
  return flights_.empty() && std::ranges::all_of(sources_, [](const auto& source) {
           return source.second.size() == 1 && source.second.front().at_end;
         });
}

void DhcpLeases::journaled(uint64_t token) {
  const bool was_full = flights_.size() >= config_.in_flight_max;
  if (flights_.erase(token) != 0 && was_full) read_all();
}

void DhcpLeases::read_all() {
  if (std::exchange(reading_, true)) return;  // an emitted lease was settled at once
  for (auto& [source, files] : sources_) read(source, files);
  reading_ = false;
}

void DhcpLeases::read(const Source& source, std::deque<File>& files) {
  while (!files.empty() && flights_.size() < config_.in_flight_max) {
    if (read_some(source, files.front())) continue;
    if (files.size() == 1 && files.front().follow) return;
    if (!files.front().begun.empty()) ++stats_.cut;
    if (files.size() == 1) return files.clear();
    files.pop_front();
  }
}

bool DhcpLeases::read_some(const Source& source, File& file) {
  std::array<char, kChunk> chunk;  // filled by the kernel
  const ssize_t n = ::read(file.fd.get(), chunk.data(), chunk.size());
  if (n < 0) ++stats_.read_failed;
  if (n <= 0) {
    file.at_end = true;
    return false;
  }
  const bool live = std::exchange(file.at_end, false) && static_cast<size_t>(n) < chunk.size();
  take(source, file, {chunk.data(), static_cast<size_t>(n)}, live);
  return true;
}

void DhcpLeases::take(const Source& source, File& file, std::string_view bytes, bool live) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    if (!file.passing && file.begun.size() + piece.size() > wire::KeaLeaseLines::kLineMax) {
      ++stats_.too_long;
      file.passing = true;
      file.begun.clear();
    }
    if (end == std::string_view::npos) {
      if (!file.passing) file.begun += piece;
      return;
    }
    if (!file.passing) {
      if (file.begun.empty()) {
        on_line(source, file, piece, live);
      } else {
        file.begun += piece;
        on_line(source, file, std::exchange(file.begun, {}), live);
      }
    }
    file.begun.clear();
    file.passing = false;
  }
}

void DhcpLeases::on_line(const Source& source, File& file, std::string_view line, bool live) {
  ++stats_.lines;
  const uint64_t unread = file.lines.contexts_unread();
  const auto lease = file.lines.line(line);
  stats_.contexts_unread += file.lines.contexts_unread() - unread;
  if (!lease) {
    ++faults_[static_cast<size_t>(lease.error())];
  } else if (*lease) {
    on_lease(source, file, **lease, live);
  }
}

void DhcpLeases::on_lease(const Source& source, File& file, const wire::KeaLease& lease, bool live) {
  const auto contains = [&](const Prefix& p) { return p.contains(lease.prefix); };
  if (std::ranges::none_of(config_.inside, contains)) {
    ++stats_.outside;
    return;
  }
  const Time now = now_();
  model::LeaseSeen seen;
  seen.ended = lease.state != wire::KeaState::held;
  seen.server = source.first;
  seen.prefix = lease.prefix;
  seen.lease = lease.lifetime;
  for (const model::LeaseNameKind kind : config_.identify)
    if (std::string name = model::lease_name(kind, octets(lease, kind)); !name.empty())
      seen.names.push_back(std::move(name));
  if (seen.names.empty() && !seen.ended) {
    ++stats_.nameless;
    return;
  }
  Time at = lease.at;
  if (lease.state == wire::KeaState::expired) at = lease.at + lease.lifetime;
  if (lease.state == wire::KeaState::gone) at = live ? now : std::max(file.newest, lease.at);
  seen.heard = std::min(lease.at, now);
  file.newest = std::max(file.newest, seen.heard);
  if (at > now) {
    ++stats_.clock_ahead;
    at = now;
  }
  ++(seen.ended ? stats_.ended : stats_.held);
  const uint64_t token = next_token_++;
  model::Observation observation{.sequence = 0, .at = at, .body = std::move(seen)};
  flights_[token] = {now, observation};
  emit_(token, std::move(observation));
}

void DhcpLeases::tick() {
  const Time now = now_();
  // The brain had no room for them, or is another one now.
  std::vector<std::pair<uint64_t, model::Observation>> again;
  for (auto& [token, flight] : flights_) {
    if (now - flight.told < kToldAgainAfter && now >= flight.told) continue;
    flight.told = now;
    again.emplace_back(token, flight.observation);
  }
  stats_.told_again += again.size();
  for (auto& [token, observation] : again) emit_(token, std::move(observation));
  read_all();
  tell_faults();
}

void DhcpLeases::tell_faults() {
  const Time now = now_();
  if (now - faults_told_at_ < kToldEvery) return;
  uint64_t all = 0;
  for (const uint64_t n : faults_) all += n;
  faults_told_at_ = now;
  if (all == std::exchange(faults_told_, all)) return;
  sys::log(sys::Level::warning, kComponent, "DHCP_LINES_UNREAD", "lines of lease files are no leases",
           {{"lines", std::to_string(all)}});
}

}  // namespace postern::observe::dhcp_leases
