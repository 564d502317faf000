// SPDX-License-Identifier: Apache-2.0
#include "act/radius_coa/radius_coa.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/check.h"
#include "sys/log.h"
#include "sys/udp.h"

namespace postern::act::radius_coa {
namespace {

using model::ReceiptState;

constexpr std::string_view kComponent = "radius_coa";
constexpr int kDatagramsPerTurn = 64;
constexpr size_t kIdentifiers = 256;
constexpr size_t kAnsweredKept = 4096;
constexpr Duration kPauseMax = seconds(16);
constexpr int64_t kClockOff_s = 60;

std::string_view name_of(wire::DynAuthVerb verb) {
  return verb == wire::DynAuthVerb::coa ? "CoA-Request" : "Disconnect-Request";
}

}  // namespace

RadiusCoa::RadiusCoa(Config config, sys::Loop& loop, Answer answer, Now now)
    : config_(std::move(config)),
      loop_(loop),
      answer_(std::move(answer)),
      now_(std::move(now)),
      buffer_(wire::kRadiusOctetsMax + 1) {
  for (Nas& nas : config_.nases) {
    peers_.push_back(std::make_unique<Peer>());
    peers_.back()->nas = std::move(nas);
  }
}

RadiusCoa::~RadiusCoa() {
  for (const auto& peer : peers_) {
    if (peer->socket) loop_.forget(peer->socket.get());
    for (const auto& [id, flight] : peer->flights) loop_.cancel(flight.timer);
  }
}

Status RadiusCoa::open() {
  for (const auto& peer : peers_) {
    Endpoint from{.address = peer->nas.source, .port = 0};
    if (!from.address) from.address.family = peer->nas.address.address.family;
    peer->socket = PN_TRY(sys::bind_udp(from));
    loop_.watch(peer->socket.get(), EPOLLIN, [this, p = peer.get()](uint32_t) { on_readable(*p); });
  }
  return {};
}

RadiusCoa::Peer* RadiusCoa::peer_of(const std::string& nas) {
  const auto it = std::ranges::find_if(peers_, [&](const auto& p) { return p->nas.name == nas; });
  return it == peers_.end() ? nullptr : it->get();
}

void RadiusCoa::say(const model::PlugAsk& ask, ReceiptState state, std::string detail) {
  model::PlugAnswer answer{.receipt = {.order = ask.order,
                                       .actuator = std::string(model::kPlugActuator),
                                       .state = state,
                                       .detail = std::move(detail),
                                       .at = now_()},
                           .step = ask.step,
                           .round = ask.round};
  known_[key_of(ask)] = answer;
  answered_.push_back(key_of(ask));
  if (answered_.size() > kAnsweredKept) {
    known_.erase(answered_.front());
    answered_.pop_front();
  }
  answer_(std::move(answer));
}

void RadiusCoa::ask(model::PlugAsk ask) {
  ++stats_.asked;
  if (const auto it = known_.find(key_of(ask)); it != known_.end()) {
    ++stats_.repeated_asks;
    if (it->second) answer_(*it->second);
    return;
  }
  drop_older(ask);
  const Peer* peer = peer_of(ask.nas);
  if (peer == nullptr)
    return say(ask, ReceiptState::withdrawn, fmt::format("no [[radius_coa.nas]] has the name \"{}\"", ask.nas));
  if (ask.step >= peer->nas.methods.size())
    return say(ask, ReceiptState::refused, fmt::format("{} has no other method", ask.nas));
  if (queue_.size() >= config_.queue_max) {
    ++stats_.dropped;
    sys::log(sys::Level::warning, kComponent, "RADIUS_COA_QUEUE_FULL", "too many asks wait; this one will come again");
    return;
  }
  known_[key_of(ask)] = std::nullopt;
  queue_.push_back(std::move(ask));
  fill();
}

// A newer order for the same session: what the older wanted must not be sent after it.
void RadiusCoa::drop_older(const model::PlugAsk& ask) {
  const auto older = [&](const model::PlugAsk& a) { return a.session == ask.session && a.order < ask.order; };
  for (const auto& peer : peers_)
    for (auto it = peer->flights.begin(); it != peer->flights.end();) {
      if (!older(it->second.ask)) {
        ++it;
        continue;
      }
      loop_.cancel(it->second.timer);
      known_.erase(key_of(it->second.ask));
      it = peer->flights.erase(it);
      --in_flight_;
    }
  std::erase_if(queue_, [&](const model::PlugAsk& a) {
    if (!older(a)) return false;
    known_.erase(key_of(a));
    return true;
  });
}

void RadiusCoa::fill() {
  for (size_t i = 0; i < queue_.size() && in_flight_ < config_.in_flight_max;) {
    Peer* peer = peer_of(queue_[i].nas);
    if (peer->flights.size() >= kIdentifiers) {
      ++i;  // this NAS is busy, another may not be
      continue;
    }
    const model::PlugAsk ask = std::move(queue_[i]);
    queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(i));
    start(*peer, ask);
  }
}

void RadiusCoa::start(Peer& peer, const model::PlugAsk& ask) {
  while (peer.flights.contains(peer.next_id)) ++peer.next_id;
  const uint8_t id = peer.next_id++;
  Flight flight{.ask = ask, .verb = peer.nas.methods[ask.step]};
  auto attributes = attributes_of(peer.nas, flight.verb, ask);
  Result<Bytes> packet = std::unexpected(Error{});
  if (attributes) {
    packet = wire::encode_dynauth_request({.verb = flight.verb,
                                           .id = id,
                                           .timestamp = static_cast<uint32_t>(now_().us / seconds(1).us),
                                           .attributes = std::move(*attributes)},
                                          peer.nas.secret);
  }
  if (!packet) {
    ++stats_.refused;
    say(ask, ReceiptState::refused, attributes ? packet.error().text() : attributes.error().text());
    return;
  }
  flight.packet = std::move(*packet);
  flight.authenticator = wire::decode_radius_header(flight.packet)->authenticator;
  peer.flights[id] = std::move(flight);
  ++in_flight_;
  send(peer, id);
}

void RadiusCoa::send(Peer& peer, uint8_t id) {
  Flight& flight = peer.flights.at(id);
  ++(flight.sends == 0 ? stats_.sent : stats_.retransmitted);
  if (auto sent = sys::send(peer.socket.get(), peer.nas.source, peer.nas.address, flight.packet); !sent) {
    ++stats_.send_failed;  // as good as lost on the way: the next attempt may go
    sys::log(sys::Level::warning, kComponent, "RADIUS_COA_SEND_FAILED", sent.error().text(), {{"nas", peer.nas.name}});
  }
  const Duration pause = std::min(kPauseMax, config_.retransmit_after * (int64_t{1} << std::min(flight.sends, 10U)));
  ++flight.sends;
  flight.timer = loop_.after(pause, [this, &peer, id] { on_timer(peer, id); });
}

void RadiusCoa::on_timer(Peer& peer, uint8_t id) {
  const Flight& flight = peer.flights.at(id);
  if (flight.sends < config_.attempts) return send(peer, id);
  if (flight.denied > 0) {
    return settle(peer, id, ReceiptState::lost,
                  fmt::format("{} to {}: {} answers, none with an authenticator that fits: the secret differs there",
                              name_of(flight.verb), peer.nas.name, flight.denied));
  }
  ++stats_.silent;
  settle(peer, id, ReceiptState::lost,
         fmt::format("{} to {} at {}: no answer to {} packets: down, or another port or secret, or its clock is off",
                     name_of(flight.verb), peer.nas.name, to_string(peer.nas.address), flight.sends));
}

void RadiusCoa::settle(Peer& peer, uint8_t id, ReceiptState state, std::string detail) {
  const auto node = peer.flights.extract(id);
  loop_.cancel(node.mapped().timer);
  --in_flight_;
  const auto level = state == ReceiptState::accepted ? sys::Level::info : sys::Level::warning;
  sys::log(level, kComponent, "RADIUS_COA_ANSWER", detail,
           {{"nas", peer.nas.name}, {"order", std::to_string(node.mapped().ask.order.value)}});
  say(node.mapped().ask, state, std::move(detail));
  fill();
}

void RadiusCoa::on_readable(Peer& peer) {
  for (int i = 0; i < kDatagramsPerTurn; ++i) {
    const auto datagram = sys::receive(peer.socket.get(), buffer_);
    if (!datagram) {
      // ICMP of a NAS that is down comes as an error here; the timers tell the end of it.
      sys::log(sys::Level::info, kComponent, "RADIUS_COA_RECEIVE_FAILED", datagram.error().text(),
               {{"nas", peer.nas.name}});
      return;
    }
    if (!*datagram) return;
    on_datagram(peer, **datagram, ByteView(buffer_).first((*datagram)->octets));
  }
}

void RadiusCoa::on_datagram(Peer& peer, const sys::Datagram& datagram, ByteView bytes) {
  if (datagram.from != peer.nas.address) {
    ++stats_.stray;
    sys::log(sys::Level::warning, kComponent, "RADIUS_COA_STRAY", "a packet from an address that is not the NAS's",
             {{"nas", peer.nas.name}, {"from", to_string(datagram.from)}});
    return;
  }
  const auto header = wire::decode_radius_header(bytes);
  const auto it = header ? peer.flights.find(header->id) : peer.flights.end();
  if (it == peer.flights.end()) {
    ++(header ? stats_.duplicate_replies : stats_.broken);
    return;
  }
  const auto answer = wire::decode_dynauth_answer(bytes, it->second.authenticator, peer.nas.secret);
  if (answer && answer->verb == it->second.verb) return on_answer(peer, *answer);
  if (!answer && answer.error().code == Errc::denied) {
    ++stats_.wrong_secret;
    ++it->second.denied;
    sys::log(sys::Level::warning, kComponent, "RADIUS_COA_WRONG_SECRET", answer.error().text(),
             {{"nas", peer.nas.name}});
    return;
  }
  ++stats_.broken;
  sys::log(sys::Level::warning, kComponent, "RADIUS_COA_BROKEN_ANSWER",
           answer ? "the answer is to another kind of request" : answer.error().text(), {{"nas", peer.nas.name}});
}

void RadiusCoa::on_answer(Peer& peer, const wire::DynAuthAnswer& answer) {
  Flight& flight = peer.flights.at(answer.id);
  std::string clock;
  if (answer.timestamp) {
    const int64_t off_s = int64_t{*answer.timestamp} - now_().us / seconds(1).us;
    if (std::abs(off_s) > kClockOff_s) {
      ++stats_.clock_off;
      clock = fmt::format("; its clock is {} s {} ours", std::abs(off_s), off_s < 0 ? "behind" : "ahead of");
    }
  }
  if (answer.ack) {
    ++stats_.acknowledged;
    return settle(peer, answer.id, ReceiptState::accepted,
                  fmt::format("{} acknowledged{}", name_of(flight.verb), clock));
  }
  const wire::ErrorCause cause = wire::error_cause(answer.error_cause.value_or(0));
  const std::string said = fmt::format("{}: NAK {} ({}): {}{}", name_of(flight.verb), answer.error_cause.value_or(0),
                                       cause.name, cause.meaning, clock);
  using enum wire::CauseNext;
  switch (cause.next) {
    case again:
      // The attempts that are left are made, at their times: an answer, too, may be to a request sent again.
      if (flight.sends < config_.attempts) return;
      break;
    case done:
      return settle(peer, answer.id, ReceiptState::accepted, said);
    case gone:
      ++stats_.refused;
      // What is not there needs no restore; and no other method will find it.
      return settle(peer, answer.id, ReceiptState::withdrawn, said);
    case other:
      break;
  }
  ++stats_.refused;
  settle(peer, answer.id, ReceiptState::refused, said);
}

}  // namespace postern::act::radius_coa
