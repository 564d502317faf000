// SPDX-License-Identifier: Apache-2.0
// Judge: whose message it is and whether it fits their limits. Knows no protocol: the policy server and the milter ask
// it the same. It decides nothing about people: the published table says whose line an address is, the settings say
// how much their class may send.
//
//   trusted machine                     passes, unmetered
//   AUTH                                the account; refused without TLS (538 5.7.11, RFC 4954 section 6), and on port
//                                       25 where the settings say so
//   on-net, with or without AUTH        the line, by its session; both are metered when both are known
//   on-net without AUTH, no session     450: nobody to attribute it to
//   behind a NAT (fold/outside)         the line that its address and port are; where that cannot be told, nobody's:
//   with
//                                       AUTH the account alone, without 450
//   off-net without AUTH                530 5.7.0 (RFC 4954 section 6)
//   an account on hold, a honey one     450: whoever it is, its mail stays with him
// A limit that is reached answers 450 with the time it goes on (452 4.5.3 for recipients of one message, RFC 5321
// section 4.5.3.1.10): mail stays with its sender, nothing bounces. What was refused is not counted.
//
// Who signs in on port 25 is told of, once a day: that way ends. What began before its account was held is not taken.
// A message counts with its first recipient, recipients with each RCPT that passes, size at its end. A message whose
// first requests were missed counts at the first that is seen. Whose requests are joined by a name (Postfix's instance)
// finds its message in the table of meters.h; who has a connection for each message keeps its Message there. One
// thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/fields.h"
#include "base/ip.h"
#include "base/time.h"
#include "edge/relay/limits.h"
#include "edge/relay/meters.h"
#include "edge/relay/uses.h"
#include "model/line.h"

namespace postern::edge::relay {

struct Ask {
  IpAddress client;
  uint16_t client_port = 0;  // 0: not told
  uint16_t port = 0;         // of the relay
  std::string_view account;  // empty: no AUTH
  bool tls = false;
  std::string_view recipient;  // at RCPT
  uint32_t recipients = 0;     // later: accepted so far
  uint64_t size = 0;           // octets: promised, at the end real
  std::string_view message;    // Postfix's instance: the same for all about one message; empty: not joined so
};

// over: a limit is reached. Append only: the names are those of counters.
PN_ENUM(Rule, passes, trusted, unmetered, auth_needed, tls_needed, auth_on_25, no_session, over, too_many_recipients,
        too_large, held, shared)
struct Answer {
  Rule rule = Rule::passes;
  Quantity what = Quantity::messages;
  Window window = Window::hour;
  uint32_t most = 0;
  bool of_account = false;
  bool of_class = false;
  uint32_t again_in_s = 0;
  [[nodiscard]] bool refused() const { return rule > Rule::unmetered; }
};
inline constexpr size_t kPortToldMax = 65'536;
struct Reply {
  uint16_t code = 0;
  std::string_view status;
  std::string text;
};

struct Stats {
  uint64_t messages = 0;  // counted
  uint64_t recipients = 0;
  uint64_t trusted = 0;
  uint64_t unmetered = 0;  // no place in the table of meters, or no table of lines yet
  uint64_t auth_needed = 0;
  uint64_t tls_needed = 0;
  uint64_t auth_on_25 = 0;  // accepted or refused
  uint64_t no_session = 0;
  uint64_t over = 0;
  uint64_t invalid = 0;      // recipients that Postfix did not accept, or that no message came for
  uint64_t crowded = 0;      // messages under way that gave way to another
  uint64_t held = 0;         // accounts that are on hold, and honey ones
  uint64_t honey = 0;        // of these
  uint64_t port_untold = 0;  // accounts of one day that nobody could be told of: more than kPortToldMax
  uint64_t behind_nat = 0;   // questions about lines that were told by address and port
  uint64_t shared = 0;       // the same without AUTH where no line could be told
  PN_FIELDS(messages, recipients, trusted, unmetered, auth_needed, tls_needed, auth_on_25, no_session, over, invalid,
            crowded, held, honey, port_untold, behind_nat, shared)
};

// What the published table says of a source; an entry with line 0 is nobody's. nullopt: no table was published yet.
using Lookup = std::function<std::optional<model::LineEntry>(const IpAddress& source)>;

class Judge {
 public:
  Judge(Config config, Meters& meters, Lookup lookup);

  [[nodiscard]] Answer recipient(const Ask& ask, Time now);
  [[nodiscard]] Answer data(const Ask& ask, Time now);
  [[nodiscard]] Answer end(const Ask& ask, Time now);
  // The same for a message that the asker keeps, empty before its first recipient and after its end.
  [[nodiscard]] Answer recipient(const Ask& ask, Message& message, Time now);
  [[nodiscard]] Answer end(const Ask& ask, Message& message, Time now);
  // How many of its recipients were accepted in the end: at DATA, or 0 when nothing came of it.
  void settle(Message& message, uint32_t accepted, Time now);
  [[nodiscard]] Reply reply(const Answer& answer, Time now) const;  // answer.refused()
  // Forgets what is old; the server calls it twice a second.
  void sweep(Time now);

  // Accounts for which nothing is taken; replaces those of before.
  void hold(const std::vector<std::string>& accounts);
  [[nodiscard]] Uses& uses() { return uses_; }
  [[nodiscard]] uint64_t uses_dropped() const { return uses_.dropped(); }
  // The final word of a receiver on one recipient of an account's message; counted when the recipient was new.
  void final_word(std::string_view account, std::string_view recipient, bool delivered, Time now);
  // Somebody tried wrong passwords for it; counted when it is an account that sent mail lately.
  void login_failed(std::string_view account, uint32_t attempts);
  [[nodiscard]] const Stats& stats() const { return stats_; }
  [[nodiscard]] uint64_t key_of_line(uint32_t line) const;
  [[nodiscard]] uint64_t key_of_account(std::string_view account) const;
  [[nodiscard]] uint64_t key_of_class(std::string_view name) const;

 private:
  struct Subject {
    Meter* meter = nullptr;
    Limits limits;
    [[nodiscard]] bool is_account() const { return meter->line == 0; }
    [[nodiscard]] bool is_class() const { return meter->line == kClassLine; }
  };
  struct Who {
    Answer answer;  // refused, or passes unmetered
    std::array<Subject, 3> subjects;
    size_t count = 0;
    bool auth_on_25 = false;
    uint32_t line = 0;  // whose line the client is
    IpAddress source;   // the line's own address, also behind a NAT; as asked where that is not known
    void claim(Message& m) const;
  };
  // What is about to be counted.
  struct Charge {
    bool message = false;
    uint32_t recipients = 0;
    uint32_t kilobytes = 0;
    uint32_t of_message = 0;  // recipients it has then
    uint64_t domain = 0;      // hash; 0 = none
    bool promised = false;    // the size is not to be counted yet
  };

  [[nodiscard]] Who identify(const Ask& ask, Time at);
  [[nodiscard]] fold::Inside inside_of(const Ask& ask, Time at) const;
  [[nodiscard]] bool is_trusted(const IpAddress& client) const;
  [[nodiscard]] bool is_on_net(const IpAddress& client) const;
  [[nodiscard]] const Limits& limits_of(const std::string& class_name) const;
  void add_subject(Who& who, uint64_t key, uint32_t line, std::string_view name, const Limits& limits, uint32_t now);
  void add_class(Who& who, std::string_view name, const Limits& limits, uint32_t now);
  [[nodiscard]] static Answer fits(const Subject& subject, const Charge& charge, uint32_t now);
  [[nodiscard]] Answer take(Who& who, const Charge& charge, uint32_t now);
  [[nodiscard]] Answer missed(const Ask& ask, bool with_size, Time at);  // a message whose beginning we did not see
  [[nodiscard]] Who again(const Message& m, const Ask& ask, Time at);
  void keep(uint64_t key, Message m, uint32_t now);
  void settle_at(Message& m, uint32_t accepted, uint32_t now);
  void note_use(const Ask& ask, const Who& who, uint32_t recipients, uint32_t now);
  void note_refusal(const Ask& ask, const Who& who, const Answer& answer);
  void warn_of(const Subject& subject, uint32_t now);
  void tell_of_port(const Ask& ask, uint32_t now);
  void tell_limit(const Subject& subject, Quantity what, Window window, uint32_t most, uint32_t percent);
  [[nodiscard]] bool is_honey_place(const IpAddress& client, uint32_t now) const;
  [[nodiscard]] Answer said(Answer answer);

  Config config_;
  Meters& meters_;
  Lookup lookup_;
  Stats stats_;
  Uses uses_;
  std::unordered_set<uint64_t> held_;          // keys of accounts
  std::unordered_set<uint64_t> honey_;         // the same
  std::unordered_set<uint64_t> told_of_port_;  // the same, on that day
  uint32_t port_day_ = 0;
  // From where honey passwords were used lately; the oldest gives way.
  struct HoneyPlace {
    Prefix network;
    uint32_t at = 0;
  };
  std::array<HoneyPlace, 64> honey_places_;
  size_t next_honey_ = 0;
};

}  // namespace postern::edge::relay
