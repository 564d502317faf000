// SPDX-License-Identifier: Apache-2.0
// What the roles say to each other: one bounded codec (base/codec.h), one variant. Everything goes through the
// supervisor, which forwards by the frame's header without reading the body; a role therefore never holds another
// role's socket, and any of them can be restarted alone.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "act/mail/mail.h"
#include "act/webhook/webhook.h"
#include "base/codec.h"
#include "daemon/bus/sources.h"
#include "edge/garden/facts.h"
#include "edge/notice/facts.h"
#include "edge/relay/usage.h"
#include "model/observation.h"
#include "model/order.h"
#include "model/plug.h"

namespace postern::daemon {

PN_ENUM(Role, supervisor, gate, edge, brain, web, act)
inline constexpr std::array kWorkers{Role::brain, Role::gate, Role::edge, Role::web, Role::act};

// A worker says it is up; the supervisor tells everybody else, who then send again what that worker may have lost.
struct PeerUp {
  Role role = Role::supervisor;
  PN_FIELDS(role)
};
// A worker died; another is on its way. What it was asked nobody will answer.
struct PeerDown {
  Role role = Role::supervisor;
  PN_FIELDS(role)
};
// To the brain. `token` is the sender's; it keeps the observation until it is settled.
struct Observed {
  uint64_t token = 0;
  model::Observation observation;
  PN_FIELDS(token, observation)
};
// From the brain: these are in the journal (session events) or in a checkpoint (first contacts).
struct Settled {
  std::vector<uint64_t> tokens;
  PN_FIELDS(tokens)
};
// Carries the sealed memfd. Kept by the supervisor with the deltas after it.
struct TableSnapshot {
  uint64_t epoch = 0;
  uint64_t sequence = 0;
  PN_FIELDS(epoch, sequence)
};
// A reader met a gap, or the supervisor's list of deltas is full.
struct WantSnapshot {
  std::string why;
  PN_FIELDS(why)
};
struct Receipts {
  std::vector<model::Receipt> receipts;
  PN_FIELDS(receipts)
};
// Once a second from every worker: what `postern status` and `postern gate status` show of it.
struct RoleReport {
  int32_t pid = 0;
  Time at;
  std::map<std::string, uint64_t> counters;
  std::map<std::string, std::string> facts;
  PN_FIELDS(pid, at, counters, facts)
};
struct ApiCall {
  uint64_t token = 0;
  std::string method;
  std::string path;
  std::map<std::string, std::string> query;
  std::string body;           // JSON that parsed in the web role, written anew
  uint32_t operator_uid = 0;  // of the caller on the unix socket
  PN_FIELDS(token, method, path, query, body, operator_uid)
};
struct ApiAnswer {
  uint64_t token = 0;
  uint16_t status = 0;
  std::string body;
  PN_FIELDS(token, status, body)
};
struct NoticeAsk {
  uint64_t token = 0;
  edge::notice::Question question;
  PN_FIELDS(token, question)
};
struct NoticeTold {
  uint64_t token = 0;
  edge::notice::Facts facts;
  PN_FIELDS(token, facts)
};
// To the web role, which reads references: the policy revision in force.
struct PolicyInForce {
  uint32_t revision = 0;
  PN_FIELDS(revision)
};
// To the gate: take filters, rule, route and guard out of the kernel (postern gate detach).
struct GateDetach {
  std::string operator_name;
  PN_FIELDS(operator_name)
};
// What the garden's page asks about the line that has this address.
struct GardenAsk {
  uint64_t token = 0;
  IpAddress asker;
  PN_FIELDS(token, asker)
};
struct GardenTold {
  uint64_t token = 0;
  edge::garden::Facts facts;
  PN_FIELDS(token, facts)
};
// A button was pressed from this address; the brain says whose line that is. Settled once it is in the journal;
// GardenTold without facts when it is nobody's.
struct CustomerPressed {
  uint64_t token = 0;
  IpAddress asker;
  model::CustomerStatus what = model::CustomerStatus::read;
  PN_FIELDS(token, asker, what)
};
// From act to the gate: all that lines in the garden still reach beside the relay, DNS and the provider's pages; the
// whole set, sorted, whenever it changes and when the gate comes up.
struct GardenAllow {
  std::vector<Prefix> prefixes;
  PN_FIELDS(prefixes)
};

// To the act role, after the contact is in the journal; again after a restart of either, until it is settled.
struct SendMail {
  act::mail::Letter letter;
  PN_FIELDS(letter)
};
struct SendWebhook {
  act::webhook::Message message;
  PN_FIELDS(message)
};

// To the edge: what this line and these accounts sent through the relay; with none of them, those that sent most.
struct RelayAsk {
  uint64_t token = 0;
  Role asker = Role::web;  // who waits for the answer that comes of it
  model::SubscriberId line;
  std::string account;
  uint32_t rows_max = 0;
  std::vector<std::string> accounts;  // beside `account`; at most page::kRelayAccountsShown are answered
  PN_FIELDS(token, asker, line, account, rows_max, accounts)
};
struct RelayTold {
  uint64_t token = 0;
  Role asker = Role::web;
  std::vector<edge::relay::Usage> rows;
  uint64_t left = 0;  // meters in use beyond those
  PN_FIELDS(token, asker, rows, left)
};

// To the act role: NASes to ask. Asked again until a receipt came.
struct PlugAsks {
  std::vector<model::PlugAsk> asks;
  PN_FIELDS(asks)
};
struct PlugAnswers {
  std::vector<model::PlugAnswer> answers;
  PN_FIELDS(answers)
};
// To the edge role: the lines that authorisation is to put into the garden, all of them, sorted.
struct PluggedLines {
  std::vector<std::string> keys;
  PN_FIELDS(keys)
};

// To the edge role: accounts for which the relay takes nothing, all of them, sorted.
struct HeldAccounts {
  std::vector<std::string> names;
  PN_FIELDS(names)
};
// To the act role: what the operator's hook is to do about an account; again until it is settled.
struct SendAccount {
  model::AccountId account;
  uint64_t change = 0;
  std::string body;  // JSON
  Time at;
  PN_FIELDS(account, change, body, at)
};

using Message =
    std::variant<std::monostate, PeerUp, Observed, Settled, TableSnapshot, model::LineDelta, WantSnapshot, Receipts,
                 RoleReport, ApiCall, ApiAnswer, NoticeAsk, NoticeTold, PolicyInForce, GateDetach, GardenAsk,
                 GardenTold, CustomerPressed, SendMail, SendWebhook, GardenAllow, RelayAsk, RelayTold, PlugAsks,
                 PluggedLines, PlugAnswers, PeerDown, HeldAccounts, SendAccount, LeaseFile, NatBlocks, C2File>;

}  // namespace postern::daemon
