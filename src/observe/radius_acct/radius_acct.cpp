// SPDX-License-Identifier: Apache-2.0
#include "observe/radius_acct/radius_acct.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "observe/radius_acct/session_event.h"
#include "sys/log.h"
#include "sys/udp.h"

namespace postern::observe::radius_acct {
namespace {

constexpr std::string_view kComponent = "radius_acct";
// Then the loop's other descriptors have their turn.
constexpr int kDatagramsPerTurn = 64;
constexpr int64_t kMicro = 1'000'000;

}  // namespace

size_t RadiusAcct::KeyHash::operator()(const Key& k) const noexcept {
  // The authenticator is an MD5 already.
  size_t h = 0;
  std::memcpy(&h, k.authenticator.data(), sizeof h);
  return h ^ (std::hash<IpAddress>{}(k.client.address) + k.client.port + size_t{k.id} * 65'536);
}

RadiusAcct::RadiusAcct(Config config, sys::Loop& loop, std::vector<sys::Fd> udp_sockets, Emit emit, Now now)
    : config_(std::move(config)),
      loop_(loop),
      sockets_(std::move(udp_sockets)),
      emit_(std::move(emit)),
      now_(std::move(now)) {
  PN_CHECK(config_.in_flight_max > 0 && config_.dedup_entries_max > 0);
  // Longest first: the first that holds an address is the one meant.
  std::ranges::sort(config_.clients, [](const Client& x, const Client& y) {
    return std::pair(y.from.length, y.from.address) < std::pair(x.from.length, x.from.address);
  });
  for (const Client& c : config_.clients) buckets_.push_back({int64_t{c.packets_burst} * kMicro, now_()});
  for (const sys::Fd& fd : sockets_) {
    if (auto status = sys::want_destination(fd.get()); !status)
      sys::log(sys::Level::warning, kComponent, "RADIUS_SOCKET_PLAIN",
               "answers leave from the address the kernel picks", {{"why", status.error().text()}});
    loop_.watch(fd.get(), EPOLLIN, [this, fd = fd.get()](uint32_t) { on_readable(fd); });
  }
  timer_ = loop_.every(seconds(1), [this] { tick(); });
}

RadiusAcct::~RadiusAcct() {
  loop_.cancel(timer_);
  for (const sys::Fd& fd : sockets_) loop_.forget(fd.get());
}

void RadiusAcct::on_readable(int fd) {
  for (int i = 0; i < kDatagramsPerTurn; ++i) {
    const auto datagram = sys::receive(fd, buffer_);
    if (!datagram) {
      sys::log(sys::Level::warning, kComponent, "RADIUS_RECEIVE_FAILED", datagram.error().text());
      return;
    }
    if (!*datagram) return;
    on_datagram(fd, **datagram, ByteView(buffer_).first((*datagram)->octets));
  }
}

const Client* RadiusAcct::client_of(const IpAddress& a) const {
  const auto it = std::ranges::find_if(config_.clients, [&](const Client& c) { return c.from.contains(a); });
  return it == config_.clients.end() ? nullptr : &*it;
}

void RadiusAcct::refuse(uint64_t& counter, std::string_view id, const Endpoint& client, const Error& why) {
  ++counter;
  sys::log(sys::Level::warning, kComponent, id, why.text(), {{"client", to_string(client)}});
}

void RadiusAcct::on_datagram(int fd, const sys::Datagram& datagram, ByteView bytes) {
  ++stats_.received;
  const Client* client = client_of(datagram.from.address);
  if (client == nullptr)
    return refuse(stats_.unknown_client, "RADIUS_UNKNOWN_CLIENT", datagram.from,
                  {.code = Errc::denied,
                   .what = "a packet from an address that is no client",
                   .where = "",
                   .fix = "name it in [[radius_acct.client]] if it is an access server"});
  const auto header = wire::decode_radius_header(bytes);
  if (!header) return refuse(stats_.broken, "RADIUS_BROKEN_PACKET", datagram.from, header.error());
  const Key key{.client = datagram.from, .id = header->id, .authenticator = header->authenticator};
  // Before the secret is checked: the authenticator is one that passed.
  if (const auto it = known_.find(key); it != known_.end()) {
    if (it->second.token != 0) {
      ++stats_.duplicate_in_flight;
    } else {
      ++stats_.duplicate_answered;
      send_answer(key, it->second);
    }
    return;
  }
  on_request(
      key,
      {.socket = fd, .asked = datagram.to, .client = static_cast<size_t>(client - config_.clients.data()), .token = 0},
      bytes);
}

bool RadiusAcct::take_token(size_t client) {
  const Client& c = config_.clients[client];
  if (c.packets_per_s == 0) return true;
  Bucket& b = buckets_[client];
  const Time now = now_();
  // A second at most, so that the product fits; a clock set back fills nothing.
  const int64_t passed_us = std::clamp<int64_t>((now - b.filled).us, 0, kMicro);
  b.filled = now;
  b.tokens_micro =
      std::min(b.tokens_micro + passed_us * c.packets_per_s, std::max<int64_t>(c.packets_burst, 1) * kMicro);
  if (b.tokens_micro < kMicro) return false;
  b.tokens_micro -= kMicro;
  return true;
}

void RadiusAcct::on_request(const Key& key, const Known& known, ByteView bytes) {
  const auto request = wire::decode_accounting(bytes, config_.clients[known.client].secret);
  if (!request) {
    const bool secret = request.error().code == Errc::denied;
    return refuse(secret ? stats_.wrong_secret : stats_.broken, secret ? "RADIUS_WRONG_SECRET" : "RADIUS_BROKEN_PACKET",
                  key.client, request.error());
  }
  // After the secret, so that nobody else can use up a client's share.
  if (!take_token(known.client))
    return refuse(stats_.over_rate, "RADIUS_CLIENT_OVER_RATE", key.client,
                  {.code = Errc::limit, .what = "more new requests than the client's rate; it will send them again"});
  if (request->status == wire::AcctStatus::other) {
    ++stats_.not_of_sessions;
    return answered(key, known_[key] = known);
  }
  if (flights_.size() >= config_.in_flight_max)
    return refuse(stats_.in_flight_full, "RADIUS_IN_FLIGHT_FULL", key.client,
                  {.code = Errc::limit, .what = "too many requests wait for the journal; dropped, it will come again"});
  const Time now = now_();
  const EventTime when = event_time(*request, now);
  auto mapped = session_event(*request, key.client.address);
  if (when.clock_off) {
    ++stats_.clock_off;
    sys::log(sys::Level::info, kComponent, "RADIUS_CLOCK_OFF", "Event-Timestamp does not fit our clock; not used",
             {{"client", to_string(key.client)},
              {"event_timestamp", to_string(Time{seconds(request->timestamp.value_or(0)).us})}});
  }
  for (const Prefix& p : mapped.left_out) {
    ++stats_.prefix_left_out;
    sys::log(sys::Level::warning, kComponent, "RADIUS_PREFIX_LEFT_OUT", "no line can hold this; left out",
             {{"client", to_string(key.client)}, {"prefix", to_string(p)}});
  }
  const uint64_t token = next_token_++;
  Known& entry = known_[key] = known;
  entry.token = token;
  flights_[token] = {key, now};
  ++stats_.emitted;
  emit_(token, {.sequence = 0, .at = when.at, .body = std::move(mapped.event)});
}

void RadiusAcct::journaled(uint64_t token) {
  const auto flight = flights_.extract(token);
  if (!flight) {
    ++stats_.unknown_token;
    return;
  }
  const Key& key = flight.mapped().key;
  const auto it = known_.find(key);
  PN_CHECK(it != known_.end() && it->second.token == token);
  answered(key, it->second);
}

void RadiusAcct::answered(const Key& key, Known& known) {
  known.token = 0;
  ++stats_.acknowledged;
  send_answer(key, known);
  if (answered_.size() >= config_.dedup_entries_max) {
    ++stats_.duplicates_evicted;
    sys::log(sys::Level::warning, kComponent, "RADIUS_DEDUP_FULL",
             "an answered request is forgotten before its time; a repetition would count as new");
    known_.erase(answered_.front().second);
    answered_.pop_front();
  }
  answered_.emplace_back(now_(), key);
}

void RadiusAcct::send_answer(const Key& key, const Known& known) {
  const auto response =
      wire::encode_accounting_response(key.id, key.authenticator, config_.clients[known.client].secret);
  if (auto sent = sys::send(known.socket, known.asked, key.client, response); !sent)
    refuse(stats_.send_failed, "RADIUS_SEND_FAILED", key.client, sent.error());
}

void RadiusAcct::forget_in_flight() {
  for (const auto& [token, flight] : flights_) known_.erase(flight.key);
  stats_.lost_in_flight += flights_.size();
  flights_.clear();
}

void RadiusAcct::tick() {
  const Time now = now_();
  uint64_t lost = 0;
  while (!flights_.empty() && now - flights_.begin()->second.since > config_.in_flight_time) {
    known_.erase(flights_.begin()->second.key);
    flights_.erase(flights_.begin());
    ++lost;
  }
  if (lost > 0) {
    stats_.lost_in_flight += lost;
    sys::log(sys::Level::warning, kComponent, "RADIUS_NOT_JOURNALED",
             "requests stay unanswered; the brain is slow or gone", {{"requests", std::to_string(lost)}});
  }
  while (!answered_.empty() && now - answered_.front().first > config_.duplicate_window) {
    known_.erase(answered_.front().second);
    answered_.pop_front();
  }
}

}  // namespace postern::observe::radius_acct
