// SPDX-License-Identifier: Apache-2.0
// For the tests of this room: a directory that goes away, and records to put into a journal.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "store/journal.h"

namespace postern::store::test {

inline std::string text_of(const Error& error) { return error.text(); }
#define PN_OK(expression)                                      \
  ({                                                           \
    auto pn_value = (expression);                              \
    if (!pn_value) ADD_FAILURE() << text_of(pn_value.error()); \
    std::move(pn_value).value();                               \
  })
#define PN_FINE(expression)                                               \
  do {                                                                    \
    if (auto pn_value = (expression); !pn_value) {                        \
      ADD_FAILURE() << ::postern::store::test::text_of(pn_value.error()); \
      return;                                                             \
    }                                                                     \
  } while (false)

struct Directory {
  std::string path;
  Directory() {
    // In memory where that is possible: these tests kill processes, not machines, and sync thousands of times.
    const bool memory = std::filesystem::is_directory("/dev/shm");
    std::string form =
        ((memory ? "/dev/shm" : std::filesystem::temp_directory_path()) / std::filesystem::path("postern-store-XXXXXX"))
            .string();
    path = ::mkdtemp(form.data());
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() { std::filesystem::remove_all(path); }
};

inline MasterKey master(unsigned char fill = 0x42) {
  std::array<std::byte, kKeyBytes> bytes{};
  bytes.fill(std::byte{fill});
  return MasterKey::of(bytes);
}

inline std::string file_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline std::string all_bytes(const std::string& directory) {
  std::string all;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) all += file_bytes(entry.path().string());
  return all;
}

inline Time at(int64_t minute) { return Time{1'790'000'000'000'000} + minutes(minute); }
inline Prefix prefix(std::string_view text) { return parse_prefix(text).value(); }
inline IpAddress ip(std::string_view text) { return parse_ip(text).value(); }

inline model::Record record(int64_t minute, uint32_t subject, model::RecordBody body) {
  model::Record r;
  r.at = at(minute);
  r.subject = model::SubscriberId{subject};
  r.body = std::move(body);
  return r;
}
inline model::Record action(std::string text) {
  return record(0, 0, model::OperatorAction{.operator_name = "root", .action = std::move(text)});
}
inline model::Record subscriber(uint32_t id, const std::string& mail) {
  model::Subscriber s;
  s.id = model::SubscriberId{id};
  s.key = "cust-" + std::to_string(id);
  s.class_name = "residential";
  s.contact.value = {"Name of " + mail, mail, "+49 30 1234"};
  return record(0, id, model::SubscriberChanged{s});
}
inline model::Record session(int64_t minute, uint64_t id, uint32_t line, std::vector<Prefix> prefixes, int64_t since,
                             int64_t until = 0) {
  model::Session s;
  s.id = model::SessionId{id};
  s.subscriber = model::SubscriberId{line};
  s.nas = "nas1";
  s.key = "s" + std::to_string(id);
  s.prefixes.value = std::move(prefixes);
  s.since = at(since);
  s.heard = at(minute);
  if (until != 0) {
    s.until = at(until);
    s.end = model::SessionEnd::stop;
  }
  return record(minute, line, model::SessionChanged{s});
}
inline model::Record checkpoint(const std::string& text) {
  Bytes bytes(text.size());
  std::transform(text.begin(), text.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
  return record(0, 0, model::Checkpoint{bytes});
}
inline model::Record erased(uint32_t id) { return record(0, id, model::SubscriberErased{model::SubscriberId{id}}); }

inline Result<uint64_t> append(Journal& journal, std::vector<model::Record> records) { return journal.append(records); }
inline std::vector<model::Record> all(Journal& journal, uint64_t after = 0) {
  std::vector<model::Record> out;
  const Status done = journal.for_each(after, [&](const model::Record& r) { out.push_back(r); });
  if (!done) ADD_FAILURE() << done.error().text();
  return out;
}

// Every row of every projection, as text.
inline std::string dump_projections(const std::string& directory) {
  auto database = Database::open(directory + "/journal.db").value();
  std::string out;
  for (const char* sql :
       {"SELECT 'subscribers', id, key, class_name, erased, sequence FROM subscribers ORDER BY id",
        "SELECT 'sessions', id, subscriber, since, until, sequence FROM sessions ORDER BY id",
        "SELECT 'prefixes', hex(blind), session, since, until, '' FROM session_prefixes ORDER BY blind, session, since",
        "SELECT 'findings', id, line, stage, at, sequence FROM findings ORDER BY id",
        "SELECT 'cases', id, line, state, opened + changed, sequence FROM cases ORDER BY id",
        "SELECT 'orders', id, subject, session, verdict + since + until, sequence FROM orders ORDER BY id",
        "SELECT 'receipts', order_id, actuator, state, at, sequence FROM receipts ORDER BY order_id, actuator",
        "SELECT 'permits', id, subscriber, state, granted + expires, sequence FROM permits ORDER BY id"}) {
    Query rows = database->query(sql).value();
    while (rows.next().value()) {
      for (int i = 0; i < 6; ++i) out += rows.text(i) + "|";
      out += "\n";
    }
  }
  return out;
}

}  // namespace postern::store::test
