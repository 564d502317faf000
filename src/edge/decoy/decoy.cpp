// SPDX-License-Identifier: Apache-2.0
#include "edge/decoy/decoy.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/socket.h>

#include "sys/log.h"

namespace postern::edge::decoy {
namespace {

constexpr std::string_view kRoom = "decoy";
constexpr uint8_t kTcp = 6;
constexpr int kAcceptBatch = 64;
constexpr size_t kOutMax = 16'384;  // a peer that takes no answers is let go
constexpr Duration kTick = seconds(1);
constexpr std::array<uint16_t, 4> kMailPorts{25, 465, 587, 2525};

// Reset, as a host without that service would have it.
void reset(const sys::Fd& fd) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace

Decoy::Decoy(Config config, sys::Loop& loop, std::vector<sys::Fd> listeners, std::vector<sys::Fd> probes, Emit emit,
             Clock clock)
    : config_(std::move(config)),
      loop_(loop),
      listeners_(std::move(listeners)),
      emit_(std::move(emit)),
      clock_(std::move(clock)),
      hits_(config_.places.size()),
      tokens_(config_.hits_per_s) {
  for (size_t i = 0; i < listeners_.size(); ++i) {
    if (!sys::set_nonblocking(listeners_[i].get())) continue;
    loop_.watch(listeners_[i].get(), EPOLLIN, [this, i](uint32_t) { on_listener(i); });
  }
  if (!probes.empty()) {
    std::vector<Endpoint> decoys;
    for (const Place& p : config_.places) decoys.push_back(p.at);
    beat_ = std::make_unique<Beat>(std::move(decoys), std::move(probes), config_.probe_from, clock_.utc);
    beat_->round();
    beat_timer_ = loop_.every(Beat::period(config_.beat), [this] { beat_->round(); });
  }
  timer_ = loop_.every(kTick, [this] { tick(); });
}

Decoy::~Decoy() {
  loop_.cancel(timer_);
  loop_.cancel(beat_timer_);
  for (const sys::Fd& fd : listeners_) loop_.forget(fd.get());
  for (const Connection& c : by_age_) loop_.forget(c.fd.get());
}

std::vector<Decoy::State> Decoy::states() const {
  std::vector<State> out;
  for (size_t i = 0; i < config_.places.size(); ++i)
    out.push_back({&config_.places[i], beat_ ? &beat_->proofs()[i] : nullptr, hits_[i]});
  return out;
}

void Decoy::on_listener(size_t place) {
  for (int i = 0; i < kAcceptBatch; ++i) {
    sys::Fd fd(::accept4(listeners_[place].get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd && (errno == EMFILE || errno == ENFILE) && !by_age_.empty()) {
      ++stats_.evicted;
      close(by_age_.begin());
      continue;
    }
    if (!fd) return;
    const Endpoint from = sys::peer_of(fd.get());
    if (!from.address) continue;  // gone already, and with it who it was
    ++stats_.accepted;
    if (beat_ && beat_->arrived(config_.places[place].at, from)) {
      ++stats_.probes;
      reset(fd);
      continue;
    }
    const bool mine = std::ranges::find(config_.probe_from, from.address) != config_.probe_from.end();
    if (!mine) see({place, from, clock_.utc()});
    if (config_.places[place].play == Play::closed) {
      reset(fd);
    } else {
      talk(place, from, std::move(fd));
    }
  }
}

void Decoy::see(const Hit& hit) {
  if (!config_.nats.is_logged(hit.from.address)) return tell(hit);
  if (waiting_.size() < kWaitingMax) return waiting_.push_back(hit);
  if (stats_.waiting_full++ == 0)
    sys::log(sys::Level::warning, kRoom, "DECOY_WAITING_FULL",
             "too many hits wait for the log of a NAT: the rest is left out",
             {{"waiting", std::to_string(waiting_.size())}});
}

void Decoy::tell(const Hit& hit) {
  const Endpoint& decoy = config_.places[hit.place].at;
  const Prefix there = Prefix::host(decoy.address);
  const fold::Inside inside = config_.nats.of(kTcp, hit.from.address, hit.from.port, hit.at, {{&there, 1}, decoy.port});
  if (inside.kind == fold::Behind::not_known) {
    stats_.behind_nat_unknown += hit.signed_in ? 0 : 1;  // of a connection once
    return;
  }
  if (hit.signed_in) return tell_sign_in(hit, inside.address);
  if (told_lately(decoy, inside.address, hit.at)) {
    ++stats_.repeated;
    return;
  }
  if (!within_rate()) return;
  seen_[{decoy, inside.address}] = hit.at;
  ++stats_.hits;
  ++hits_[hit.place];
  model::FirstContact contact;
  contact.source = inside.address;
  contact.destination = decoy.address;
  contact.port = decoy.port;
  contact.verdict = model::Verdict::open;  // it got here
  contact.dark = true;
  // What was asked for is no mail: nothing is said of new mail networks.
  contact.provider = std::ranges::find(kMailPorts, decoy.port) == kMailPorts.end();
  emit_({.sequence = 0, .at = hit.at, .body = contact});
}

void Decoy::tell_sign_in(const Hit& hit, const IpAddress& source) {
  if (!within_rate()) return;
  ++stats_.sign_ins_told;
  model::ClearSignIn told;
  told.source = source;
  told.destination = config_.places[hit.place].at.address;
  told.port = config_.places[hit.place].at.port;
  told.decoy = true;
  emit_({.sequence = 0, .at = hit.at, .body = told});
}

bool Decoy::within_rate() {
  if (tokens_ == 0) {
    if (stats_.over_rate++ == 0)
      sys::log(sys::Level::warning, kRoom, "DECOY_OVER_RATE", "more hits a second than decoy.hits_per_s are left out");
    return false;
  }
  --tokens_;
  return true;
}

bool Decoy::told_lately(const Endpoint& decoy, const IpAddress& source, Time now) {
  const auto it = seen_.find({decoy, source});
  if (it != seen_.end() && now - it->second < kAgain) return true;
  if (it != seen_.end() || seen_.size() < kSeenMax) return false;
  std::erase_if(seen_, [&](const auto& told) { return now - told.second >= kAgain; });
  if (seen_.size() < kSeenMax) return false;
  ++stats_.seen_full;
  seen_.clear();  // some are told again; the brain counts an address once
  return false;
}

void Decoy::talk(size_t place, const Endpoint& from, sys::Fd fd) {
  if (by_age_.size() >= config_.connections_max) {
    if (stats_.evicted++ == 0)
      sys::log(sys::Level::warning, kRoom, "DECOY_FULL",
               "decoy.connections_max reached: the one idle longest is closed");
    close(by_age_.begin());
  }
  const Place& p = config_.places[place];
  const Duration now = clock_.monotonic();
  const int at = fd.get();
  by_age_.push_back(
      {std::move(fd), place, from, Dialogue(p.play, p.at.port, config_.host, config_.honey), {}, now, now});
  const auto c = std::prev(by_age_.end());
  by_fd_[at] = c;
  c->dialogue.greet(c->out);
  loop_.watch(at, EPOLLIN, [this, at](uint32_t events) { on_connection(at, events); });
  send(c);
}

void Decoy::on_connection(int fd, uint32_t events) {
  const auto it = by_fd_.find(fd);
  if (it == by_fd_.end()) return;
  const auto c = it->second;
  c->active = clock_.monotonic();
  by_age_.splice(by_age_.end(), by_age_, c);
  if ((events & EPOLLOUT) != 0) return send(c);
  receive(c);
}

void Decoy::receive(Age::iterator c) {
  std::array<char, 4'096> input;  // filled by the kernel
  const ssize_t n = ::recv(c->fd.get(), input.data(), input.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return close(c);
  const Heard before = c->dialogue.heard();
  c->over = !c->dialogue.take({input.data(), static_cast<size_t>(n)}, c->out);
  const Heard& now = c->dialogue.heard();
  stats_.messages += now.messages - before.messages;
  stats_.sign_ins += now.sign_ins - before.sign_ins;
  if (before.sign_ins == 0 && now.sign_ins != 0 && config_.places[c->place].play == Play::sign_in)
    see({c->place, c->from, clock_.utc(), true});
  if (now.honey && !before.honey) {
    ++stats_.honey;
    sys::log(sys::Level::warning, kRoom, "DECOY_HONEY", "somebody signs in at a decoy by a name only thieves have",
             {{"from", to_string(sys::peer_of(c->fd.get()))}});
  }
  send(c);
}

void Decoy::send(Age::iterator c) {
  while (!c->out.empty()) {
    const ssize_t n = ::send(c->fd.get(), c->out.data(), c->out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN && c->out.size() <= kOutMax) break;
    if (n < 0) return close(c);
    c->out.erase(0, static_cast<size_t>(n));
  }
  if (c->over && c->out.empty()) return close(c);
  loop_.change(c->fd.get(), c->out.empty() ? EPOLLIN : EPOLLOUT);
}

void Decoy::close(Age::iterator c) {
  loop_.forget(c->fd.get());
  by_fd_.erase(c->fd.get());
  by_age_.erase(c);
}

void Decoy::tick() {
  tokens_ = config_.hits_per_s;
  for (const Time utc = clock_.utc(); !waiting_.empty() && utc - waiting_.front().at >= kLogWait; waiting_.pop_front())
    tell(waiting_.front());
  const Duration now = clock_.monotonic();
  for (auto c = by_age_.begin(); c != by_age_.end();) {
    const auto next = std::next(c);
    if (now - c->active >= config_.idle_timeout || now - c->born >= config_.life_max) {
      ++stats_.timed_out;
      close(c);
    }
    c = next;
  }
}

}  // namespace postern::edge::decoy
