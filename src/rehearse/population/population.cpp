// SPDX-License-Identifier: Apache-2.0
#include "rehearse/population/population.h"

#include <array>

namespace postern::rehearse {
namespace {

enum What : uint64_t { kKind, kDeclared, kClosed, kShares };

constexpr uint32_t kSharing = 16;  // lines of a CGN address
constexpr uint32_t kBlock = 4'000;
constexpr uint32_t kHomeNet = 10U << 24;
constexpr uint32_t kCgnNet = (10U << 24) + (128U << 16);
constexpr uint8_t kTcp = 6;
constexpr uint8_t kSyn = 2;
constexpr uint8_t kTalked = 0x1b;  // FIN SYN PSH ACK
constexpr size_t kGateBits = size_t{1} << 22;

struct Share {
  LineKind kind;
  double up_to;
};
constexpr std::array<Share, 7> kHomes{{{LineKind::silent, .560},
                                       {LineKind::mail_client, .945},
                                       {LineKind::many_accounts, .957},
                                       {LineKind::device, .992},
                                       {LineKind::stuck_device, .9955},
                                       {LineKind::self_hoster, .9985},
                                       {LineKind::office, 1}}};
constexpr std::array<Share, 6> kCompanies{{{LineKind::silent, .15},
                                           {LineKind::office, .70},
                                           {LineKind::device, .78},
                                           {LineKind::mail_server, .97},
                                           {LineKind::newsletter, .99},
                                           {LineKind::monitor, 1}}};
constexpr std::array<Share, 4> kHosted{{{LineKind::silent, .30},
                                        {LineKind::mail_server, .80},
                                        {LineKind::shared_hosting, .95},
                                        {LineKind::newsletter, 1}}};

template <size_t N>
LineKind pick(const std::array<Share, N>& shares, double u) {
  for (const Share& s : shares)
    if (u < s.up_to) return s.kind;
  return shares.back().kind;
}

}  // namespace

std::vector<Outage> usual_outages(uint64_t seed, Time begin, Duration length) {
  Chance chance{mark_of(seed, 0x07a9e)};
  std::vector<Outage> out;
  for (const int32_t provider : {-1, 0, 4}) {
    const Time at = begin + chance.within(length);
    out.push_back({at, at + (provider < 0 ? minutes(20) : hours(2)), provider});
  }
  return out;
}

Population::Population(PopulationConfig config)
    : config_(std::move(config)),
      world_(config_.seed, config_.outages),
      end_(config_.begin + config_.length),
      gate_memory_(hours(24), kGateBits) {
  for (uint32_t line = 1; line <= lines(); ++line) settle(line);
  for (size_t i = 0; i < config_.zombies.size(); ++i) {
    const Zombie& z = config_.zombies[i];
    Task task{z.begin, {mark_of(config_.seed * 64 + 63, (i << 32) + z.line)}, i, z.line, Duty::infect, 0, 0};
    tasks_.push(task);
  }
}

std::string_view Population::class_of(uint32_t line) const {
  if (line <= config_.residential) return "residential";
  return line <= config_.residential + config_.business ? "business" : "hosting";
}

LineKind Population::kind_of(uint32_t line) const {
  const double u = share_of(mark(line, kKind));
  if (line <= config_.residential) return pick(kHomes, u);
  return line <= config_.residential + config_.business ? pick(kCompanies, u) : pick(kHosted, u);
}

bool Population::declared(uint32_t line) const {
  const LineKind kind = kind_of(line);
  const bool server = kind == LineKind::mail_server || kind == LineKind::newsletter || kind == LineKind::shared_hosting;
  return server && share_of(mark(line, kDeclared)) < .7;
}

bool Population::closed(uint32_t line) const {
  return line <= config_.residential && share_of(mark(line, kClosed)) < config_.closed;
}

bool Population::shares_files(uint32_t line) const {
  return line <= config_.residential && share_of(mark(line, kShares)) < config_.file_sharers;
}

Population::Source Population::source_of(uint32_t line) const {
  const auto shared = static_cast<uint32_t>(config_.cgn * config_.residential) / kSharing * kSharing;
  if (line > shared) return {IpAddress::v4(kHomeNet + line)};
  const uint32_t block = (line - 1) % kSharing;
  return {IpAddress::v4(kCgnNet + (line - 1) / kSharing), static_cast<uint16_t>(1'024 + block * kBlock),
          static_cast<uint16_t>(1'023 + (block + 1) * kBlock)};
}

uint32_t Population::line_of(const IpAddress& address, uint16_t port) const {
  if (address.family != Family::v4) return 0;
  const uint32_t v4 = address.v4_host_order();
  const auto shared = static_cast<uint32_t>(config_.cgn * config_.residential) / kSharing * kSharing;
  uint32_t line = 0;
  if (v4 >= kCgnNet && v4 - kCgnNet < shared / kSharing) {
    if (port < 1'024 || port >= 1'024 + kSharing * kBlock) return 0;
    line = (v4 - kCgnNet) * kSharing + (port - 1'024) / kBlock + 1;
  } else if (v4 > kHomeNet + shared && v4 - kHomeNet <= lines()) {
    line = v4 - kHomeNet;
  }
  return line;
}

bool Population::next(PopulationEvent& out) {
  while (!tasks_.empty() && (out_.empty() || tasks_.top().at <= out_.top().at)) {
    const Task task = tasks_.top();
    tasks_.pop();
    if (task.at < end_) run(task);
  }
  if (out_.empty()) return false;
  out = out_.top();
  out_.pop();
  return true;
}

void Population::emit(PopulationEvent event) {
  if (event.at < end_) out_.push(std::move(event));
}

void Population::again(Task task, Duration in) {
  task.at = task.at + in;
  if (task.at < end_) tasks_.push(task);
}

void Population::ask(uint32_t line, uint16_t type, std::string name, bool there, Time at, bool zombie) {
  constexpr uint8_t kNxDomain = 3;
  const auto rcode = there ? uint8_t{0} : kNxDomain;
  emit({at, line, zombie, model::DnsQuestion{at, source_of(line).address, type, std::move(name), true, rcode}});
}

bool Population::connect(uint32_t line, Chance& chance, const IpAddress& server, uint16_t port, Time at, bool zombie) {
  const Source from = source_of(line);
  if (port == 25 && closed(line)) {
    model::FirstContact contact;
    contact.line = {line};
    contact.source = from.address;
    contact.destination = server;
    contact.port = port;
    if (gate_memory_.first(line, fold::fingerprint(destination_network(server)), at)) emit({at, line, zombie, contact});
    return false;
  }
  const bool answered = port != 445 ? world_.answers(server, at) : chance.happens(.01);
  talk(line, chance, server, port, at, zombie, answered);
  return answered;
}

void Population::talk(uint32_t line, Chance& chance, const IpAddress& server, uint16_t port, Time at, bool zombie,
                      bool answered) {
  const Source from = source_of(line);
  model::Flow there;
  there.begin = there.end = at;
  there.source = from.address;
  there.destination = server;
  there.source_port = static_cast<uint16_t>(from.first_port + chance.below(from.last_port - from.first_port + 1U));
  there.destination_port = port;
  there.protocol = kTcp;
  there.tcp_flags = answered ? kTalked : kSyn;
  there.flags_known = true;
  there.packets = answered ? 6 + chance.below(20) : 1;
  there.bytes = there.packets * (answered ? 400 : 60);
  if (answered) {
    model::Flow back = there;
    back.begin = at + milliseconds(5) + chance.within(milliseconds(200));
    there.end = back.end = back.begin + seconds(1) + chance.within(seconds(4));
    std::swap(back.source, back.destination);
    std::swap(back.source_port, back.destination_port);
    emit({there.begin, line, zombie, there});
    emit({back.begin, line, zombie, back});
    return;
  }
  // Retries of the SYN, in one record or in one each.
  if (chance.happens(.6)) {
    there.packets = 3;
    there.end = at + seconds(9);
    emit({at, line, zombie, there});
  } else {
    for (const int64_t after : {0, 3, 9}) {
      there.begin = there.end = at + seconds(after);
      emit({there.begin, line, zombie, there});
    }
  }
}

}  // namespace postern::rehearse
