// SPDX-License-Identifier: Apache-2.0
#include "observe/flow_export/c2_flows.h"

#include "sys/log.h"

namespace postern::observe::flow_export {
namespace {

constexpr std::string_view kComponent = "flow_export";

}  // namespace

void C2Flows::take(tables::C2List list) {
  list_ = std::move(list);
  contacts_.forget_servers();
}

void C2Flows::see(const model::Flow& flow) {
  if (!list_.peers().may_have(flow.destination) && !list_.peers().may_have(flow.source)) return;
  auto server = list_.find(flow.destination, flow.destination_port);
  const bool from_server = !server;
  if (from_server) server = list_.find(flow.source, flow.source_port);
  if (!server) return;
  model::C2Contact contact;
  contact.server = from_server ? flow.source : flow.destination;
  contact.port = from_server ? flow.source_port : flow.destination_port;
  const Prefix there = Prefix::host(contact.server);
  const fold::Inside inside =
      nats_.of(flow.protocol, from_server ? flow.destination : flow.source,
               from_server ? flow.destination_port : flow.source_port, flow.begin, {{&there, 1}, contact.port});
  if (inside.kind == fold::Behind::not_known) {
    ++stats_.nat_unknown;
    return;
  }
  contact.source = inside.address;
  const uint32_t line = line_of_(contact.source).number;
  if (line == 0) return;
  ++stats_.flows;
  tell({.sequence = 0, .at = flow.begin, .body = contact}, line, *server,
       contacts_.see(line, *server, from_server, flow));
}

void C2Flows::tell(model::Observation contact, uint32_t line, uint32_t server, fold::C2News news) {
  switch (news) {
    case fold::C2News::nothing:
    case fold::C2News::again:
      return;
    case fold::C2News::fresh:
      ++stats_.told;
      sys::log(sys::Level::info, kComponent, "C2_CONTACT", "a line talks to a control server of c2.list",
               {{"line", std::to_string(line)}, {"server", list_.entry(server)}});
      return emit_(std::move(contact));
    case fold::C2News::crowded:
      sys::log(
          sys::Level::warning, kComponent, "C2_CROWDED",
          "more lines talk to this server of c2.list today than to a control server: is it on the list by mistake?",
          {{"server", list_.entry(server)}, {"lines", std::to_string(fold::C2Contacts::kLinesOfOneMax)}});
      break;
    case fold::C2News::full:
      sys::log(sys::Level::warning, kComponent, "C2_FULL", "more lines talk to control servers than can be told today");
      break;
    case fold::C2News::left_out:
      break;
  }
  ++stats_.left_out;
}

}  // namespace postern::observe::flow_export
