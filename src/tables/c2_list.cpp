// SPDX-License-Identifier: Apache-2.0
#include "tables/c2_list.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/endpoint.h"

namespace postern::tables {
namespace {

// A list saved under Windows ends its lines with CR LF.
std::string_view first_word(std::string_view line) {
  constexpr std::string_view kBetween = " \t\r";
  const size_t begin = line.find_first_not_of(kBetween);
  if (begin == std::string_view::npos) return {};
  line.remove_prefix(begin);
  return line.substr(0, line.find_first_of(" \t\r#;"));
}

}  // namespace

void C2List::add(const Entry& entry) {
  if (!numbers_.try_emplace(entry, size()).second) return;
  entries_.push_back(entry);
  peers_.add(entry.servers);
  const auto same = [&](const Prefix& p) {
    return p.length == entry.servers.length && p.address.family == entry.servers.address.family;
  };
  if (std::ranges::none_of(lengths_, same)) lengths_.push_back(entry.servers);
}

Result<C2List> C2List::parse(std::string_view text) {
  if (text.size() > kC2BytesMax)
    return fail(Errc::limit, fmt::format("is larger than {} bytes", kC2BytesMax), {}, "keep the newest entries");
  C2List out;
  for (size_t line = 1; !text.empty(); ++line) {
    const size_t end = text.find('\n');
    const std::string_view word = first_word(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (word.empty()) continue;
    const auto wrong = [&](std::string_view what, std::string_view fix) {
      return fail(Errc::bad_input, fmt::format("line {}: {}", line, what), {},
                  fmt::format("{}; nothing of the list was taken", fix));
    };
    Entry entry;
    if (const auto server = parse_endpoint(word)) {
      entry = {Prefix::host(server->address), server->port};
    } else if (const auto servers = parse_prefix(word)) {
      entry = {*servers, 0};
    } else {
      return wrong("neither an address nor a network", "write 192.0.2.1:443, [2001:db8::1]:443 or 192.0.2.0/28");
    }
    const bool v4 = entry.servers.address.family == Family::v4;
    if (entry.servers.length < (v4 ? wire::Peers::kLengthV4 : wire::Peers::kLengthV6))
      return wrong(fmt::format("{} is wider than a control server is", to_string(entry.servers)),
                   fmt::format("name its addresses, or networks of /{} and longer",
                               v4 ? wire::Peers::kLengthV4 : wire::Peers::kLengthV6));
    if (out.size() >= kC2Max) return wrong(fmt::format("more than {} entries", kC2Max), "keep the newest entries");
    out.add(entry);
  }
  std::ranges::sort(out.lengths_, std::ranges::greater{}, &Prefix::length);
  return out;
}

std::optional<uint32_t> C2List::find(const IpAddress& server, uint16_t port) const {
  if (!peers_.may_have(server)) return std::nullopt;
  for (const Prefix& of_length : lengths_) {
    if (of_length.address.family != server.family) continue;
    const Prefix servers = Prefix::of(server, of_length.length);
    for (const uint16_t p : {port, uint16_t{0}})
      if (const auto found = numbers_.find({servers, p}); found != numbers_.end()) return found->second;
  }
  return std::nullopt;
}

std::string C2List::entry(uint32_t number) const {
  const Entry& e = entries_.at(number);
  if (e.port != 0) return to_string(Endpoint{e.servers.address, e.port});
  return e.servers == Prefix::host(e.servers.address) ? to_string(e.servers.address) : to_string(e.servers);
}

}  // namespace postern::tables
