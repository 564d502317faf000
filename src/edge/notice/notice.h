// SPDX-License-Identifier: Apache-2.0
// The pages behind the references that refusals carry. Routes (after the path part of provider.url, if any):
//   GET  /              a form to type a reference
//   GET  /r?reference=  redirects to the page of what was typed
//   GET  /r/REFERENCE   what was refused, why, since when, what to do, a person, and the button
//   POST /r/REFERENCE   "I have read this": Confirm; with an open case and from the line itself also "It is fixed",
//                       "I need help", "This is wrong": Say; then back to the page
//   GET  /health        "ok"
// A reference is a name, not a password: nothing about the line, its owner or its traffic is shown unless the asker's
// address belongs to that line now (facts.h). Unknown references are 404 with help and are limited per address.
//
// The button counts only when pressed on this page (page/post_guard.h; the token is keyed for reference and address).
// Pressing it again changes nothing.
// Trust: untrusted HTTP clients; sys/http.h bounds what reaches here. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/fields.h"
#include "base/time.h"
#include "edge/notice/facts.h"
#include "edge/notice/page.h"
#include "model/observation.h"
#include "page/ask_limit.h"
#include "sys/http/http.h"
#include "tables/reference.h"

namespace postern::edge::notice {

// What customers read as the kind of their connection: by class, then by language.
using ClassNames = std::map<std::string, std::map<std::string, std::string>>;

struct Config {
  Provider provider;
  ClassNames class_names;                  // a class without a name in a page's language is not mentioned there
  std::array<uint8_t, 32> token_secret{};  // any secret; a new one makes open pages' buttons ask again
  size_t addresses_max = 16'384;           // of page::AskLimit
};

struct Stats {
  uint64_t pages = 0;
  uint64_t own_session = 0;  // of these, asked from the line itself
  uint64_t wrong_reference = 0;
  uint64_t over_rate = 0;
  uint64_t confirmed = 0;
  uint64_t confirm_failed = 0;
  uint64_t foreign_post = 0;
  uint64_t addresses_evicted = 0;
  uint64_t said = 0;  // buttons about the open case
  PN_FIELDS(pages, own_session, wrong_reference, over_rate, confirmed, confirm_failed, foreign_post, addresses_evicted,
            said)
};

class Notice {
 public:
  // Answer once, at any time, on this thread.
  using Ask = std::function<void(Question, std::function<void(Facts)>)>;
  // true: journaled. false: not now.
  using Confirm = std::function<void(model::PageConfirmed, std::function<void(bool)>)>;
  // What the customer said of the open case, from the line's own session; the same answer.
  using Say = std::function<void(IpAddress asker, model::CustomerStatus said, std::function<void(bool)>)>;
  using Now = std::function<Time()>;
  using Revision = std::function<uint32_t()>;  // the policy's, to read references

  // Must outlive the callbacks it hands to `ask` and `confirm`.
  Notice(Config config, const tables::ReferenceKey& key, Ask ask, Confirm confirm, Say say, Now now, Revision revision);
  Notice(const Notice&) = delete;
  Notice& operator=(const Notice&) = delete;

  // The HttpServer's handler.
  void handle(sys::HttpRequest request, const sys::HttpServer::Reply& reply);
  [[nodiscard]] const Stats& stats() const { return stats_; }

 private:
  // A request for the page of one reference.
  struct Visit {
    sys::HttpRequest request;
    sys::HttpServer::Reply reply;
    const Words* words = nullptr;
    std::string_view chosen;  // language, of the switch
    tables::Reference reference;
    std::string text;  // of the reference, as we write it
  };

  void route(Visit visit, std::string_view path);
  void find(const Visit& visit);
  void visit_reference(Visit visit, std::string_view typed);
  void show(const Visit& visit, const Facts& facts);
  void confirm(const Visit& visit, const Facts& facts);
  [[nodiscard]] Result<tables::Reference> read(const Visit& visit, std::string_view typed);
  [[nodiscard]] bool is_from_our_page(const Visit& visit) const;
  [[nodiscard]] std::string token_of(const Visit& visit) const;
  [[nodiscard]] sys::HttpResponse page(int status, std::string body) const;
  [[nodiscard]] sys::HttpResponse too_fast(const Visit& visit);
  [[nodiscard]] sys::HttpResponse wrong(const Visit& visit, std::string_view typed);
  [[nodiscard]] static std::string keep(const Visit& visit);
  [[nodiscard]] std::string kind_of(const Visit& visit, const Facts& facts) const;

  Config config_;
  Pages pages_;
  tables::ReferenceKey key_;
  Ask ask_;
  Confirm confirm_;
  Say say_;
  Now now_;
  Revision revision_;
  page::AskLimit limit_;
  Stats stats_;
};

}  // namespace postern::edge::notice
