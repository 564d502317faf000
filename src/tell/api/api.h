// SPDX-License-Identifier: Apache-2.0
// The API: request -> response, without transport. HTTP, the socket and who may speak are the daemon's; it passes the
// peer's user name. One thread, the engine's.
//
//   GET    /v1/status
//   GET    /v1/subscribers                       POST /v1/subscribers {file, rows: [subscriber], first, total}
//   GET    /v1/subscribers/KEY                   DELETE /v1/subscribers/KEY (erases personal data)
//   POST   /v1/subscribers/KEY/class {class}
//   GET    /v1/sessions?subscriber=KEY           (without a subscriber: the live ones; all=1: of everybody, ended too)
//   GET    /v1/sessions/who?address=A&at=T
//   GET    /v1/permits?subscriber=KEY            POST /v1/permits {subscriber, kind, terms_version, for|expires, …}
//   GET    /v1/permits/ID                        DELETE /v1/permits/ID?why=TEXT
//   GET    /v1/cases?subscriber=KEY              GET /v1/cases/ID
//   GET    /v1/cases?calls=1                     (customers to be called)
//   GET    /v1/cases?state=S&customer=C&grade=G&class=N  (open ones, oldest first)
//   POST   /v1/cases/ID,ID,…/VERB                (the same for each of at most kBulkMax: what came of it, one by one)
//   POST   /v1/cases/where/VERB {where: {state, customer, grade, class}, …}  (the open ones that fit all of it)
//   POST   /v1/cases/ID/VERB {text, until|for}   (note, confirm, extend, approve, restrict, release, close,
//                                               disconnect, undo, says {says: read|says_clean|disputes|wants_help})
//   GET    /v1/governor                          POST /v1/governor/stop|go {text}
//   GET    /v1/explain?what=ADDRESS|ID|REFERENCE&at=T
//   GET    /v1/gate                              POST /v1/gate/detach
//   GET    /v1/decoys                            GET /v1/reputation
//
// KEY is a subscriber's key, or "#7" for its number. Lists take limit=N (at most kListMax) and after=ID and are
// {"items": […], "more": bool, "left": N, "next": ID}: N more come after these, and after=ID gives them.
// An import request is taken whole or not at all. A file in parts says which row (from 1) a part begins with and how
// many the file has; `status` tells of one that stopped on the way. Rows that are as before change nothing. An error is
// {"error": {code, message, where, fix}} with the status that fits.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/result.h"
#include "fold/outside/outside.h"
#include "model/observation.h"
#include "store/journal.h"
#include "tables/reference.h"
#include "tell/api/shapes.h"
#include "tell/api/view.h"
#include "wire/json.h"

namespace postern::tell::api {

inline constexpr size_t kListDefault = 100;
inline constexpr size_t kListMax = 10'000;
inline constexpr size_t kImportRowsMax = 200'000;  // of one request; the CLI sends a larger file in parts

inline constexpr size_t kBulkMax = 500;    // cases of one request
inline constexpr size_t kNoteMax = 4'096;  // bytes of a text on a case

struct Request {
  std::string method;
  std::string path;                          // decoded
  std::map<std::string, std::string> query;  // decoded (wire/form.h)
  wire::Json body;
  std::string operator_name;  // the peer's user name
  Time now;
};
struct Response {
  int status = 200;
  wire::Json body;
};

struct Parts {
  const View& view;
  store::Journal& journal;
  const tables::ReferenceKey& references;
  // Journals the request and applies it before it returns; what it gives is added to the response as "result".
  std::function<Result<wire::Json>(model::Observation)> command;
  std::function<std::string(const model::Case&)> call_text;  // what to say on the telephone
  std::function<Result<wire::Json>()> gate_status;
  std::function<Result<wire::Json>()> gate_detach;
  std::function<wire::Json()> decoys;
  std::function<wire::Json()> reputation;
  fold::Outside outside;  // NATs by formula
  // What a NAT that logs said of the time: who is behind it, or nobody known; nothing: it is no address of one.
  std::function<std::optional<IpAddress>(uint8_t protocol, const IpAddress&, uint16_t port, Time at)> nat_log;
  Duration clock_skew;  // how far the clock of any source may be off
};

class Api {
 public:
  explicit Api(Parts parts) : parts_(std::move(parts)) {}
  [[nodiscard]] Response handle(const Request& request);

 private:
  using Answer = Result<wire::Json>;
  [[nodiscard]] Answer route(const Request& request);
  [[nodiscard]] Answer status(const Request& request);
  [[nodiscard]] Answer subscribers(const Request& request);
  [[nodiscard]] Answer subscriber(const Request& request, std::string_view rest);
  [[nodiscard]] Answer import(const Request& request);
  [[nodiscard]] Answer sessions(const Request& request);
  [[nodiscard]] Answer who(const Request& request);
  [[nodiscard]] fold::Inside behind(uint8_t protocol, const IpAddress& address, uint16_t port, Time at) const;
  [[nodiscard]] Result<std::string_view> confidence(const Who& told, const IpAddress& address, Time at);
  [[nodiscard]] Answer permits(const Request& request);
  [[nodiscard]] Answer permit(const Request& request, std::string_view rest);
  [[nodiscard]] Answer grant(const Request& request);
  [[nodiscard]] Answer cases(const Request& request);
  [[nodiscard]] Answer open_cases(const Request& request) const;
  struct Chosen {
    std::vector<model::CaseId> cases;
    std::string which;  // in words; empty = by number
  };
  [[nodiscard]] Result<Chosen> chosen_by_number(std::string_view ids) const;
  [[nodiscard]] Result<Chosen> chosen_by_filter(const wire::Json& where) const;
  [[nodiscard]] Answer bulk(const Request& request, const Chosen& chosen, std::string_view verb);
  [[nodiscard]] Result<model::CaseCommand> order_of(const Request& request, std::string_view verb) const;
  [[nodiscard]] Answer case_of(const Request& request, std::string_view rest);
  [[nodiscard]] wire::Json calls(store::Page wanted) const;
  [[nodiscard]] Result<wire::Json> in_force(model::SubscriberId line);
  [[nodiscard]] Answer case_command(const Request& request, model::CaseId id, std::string_view verb);
  [[nodiscard]] Answer governor(const Request& request, std::string_view rest);
  [[nodiscard]] Answer gate(const Request& request, std::string_view rest);
  [[nodiscard]] Result<const model::Subscriber*> find_subscriber(std::string_view key) const;
  [[nodiscard]] Result<model::SubscriberId> subscriber_in_query(const Request& request) const;
  [[nodiscard]] Answer command(const Request& request, model::ObservationBody body);

  // An import of which parts are in and parts are not; forgotten when the process ends (the journal's actions name the
  // rows of each part).
  struct Unfinished {
    std::string file;
    std::string operator_name;
    uint64_t rows_in = 0;
    uint64_t rows_total = 0;
    Time at;
    PN_FIELDS(file, operator_name, rows_in, rows_total, at)
  };

  Parts parts_;
  std::optional<Unfinished> unfinished_;
};

}  // namespace postern::tell::api
