// SPDX-License-Identifier: Apache-2.0
#include "cli/relay/postfix.h"

#include <algorithm>
#include <fmt/format.h>

namespace postern::cli {
namespace {

constexpr std::string_view kSpace = " \t,\r\n";

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

template <class F>
void each_line(std::string_view text, F&& f) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    f(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> out;
  for (line = trimmed(line); !line.empty();) {
    const size_t end = std::min(line.find_first_of(" \t"), line.size());
    out.push_back(line.substr(0, end));
    line = trimmed(line.substr(end));
  }
  return out;
}

// One listener's view of Postern in one list of restrictions.
struct Place {
  bool asked = false;         // check_policy_service with one of our endpoints
  bool after_permit = false;  // something permits before
  std::string permit;
  std::string default_action;  // of the service, or of all
};

bool names_us(std::string_view service, const std::vector<std::string>& endpoints) {
  return std::ranges::any_of(endpoints, [&](const std::string& e) { return service == e; });
}

// "{ unix:path, default_action=DUNNO, … }" or "unix:path".
void read_service(std::string_view text, std::string& endpoint, std::string& default_action) {
  if (!text.starts_with('{')) {
    endpoint = text;
    return;
  }
  text = trimmed(text.substr(1, text.rfind('}') - 1));
  endpoint = std::string(text.substr(0, text.find_first_of(kSpace)));
  if (const size_t at = text.find("default_action"); at != std::string_view::npos) {
    std::string_view rest = text.substr(at);
    rest = rest.substr(std::min(rest.find('=') + 1, rest.size()));
    rest = rest.substr(0, rest.find_first_of(",}"));
    default_action = std::string(trimmed(rest));
  }
}

Place place_in(const std::vector<std::string>& list, const std::vector<std::string>& endpoints,
               const std::string& default_of_all) {
  Place out;
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i].starts_with("permit") && !out.after_permit && !out.asked) {
      out.after_permit = true;
      out.permit = list[i];
    }
    if (list[i] != "check_policy_service" || i + 1 == list.size()) continue;
    std::string endpoint;
    std::string action = default_of_all;
    read_service(list[i + 1], endpoint, action);
    if (!names_us(endpoint, endpoints)) continue;
    out.asked = true;
    out.default_action = action;
    return out;
  }
  return out;
}

bool closes(const std::vector<std::string>& list) {
  return std::ranges::any_of(list, [](const std::string& r) {
    return r == "reject" || r == "defer" || r == "reject_unauth_destination" || r == "defer_unauth_destination";
  });
}

bool restrictions_contain(std::string_view list, std::string_view word) {
  const std::vector<std::string> all = restrictions_of(list);
  return std::ranges::find(all, word) != all.end();
}

class Examiner {
 public:
  Examiner(const Postfix& postfix, const Endpoints& endpoints) : postfix_(postfix), endpoints_(endpoints) {}

  std::vector<Remark> run() {
    if (postfix_.listeners.empty())
      add(Grade::fault, "master.cf", "no smtpd listens",
          "is this the configuration that runs? --postfix DIR names another");
    for (const Listener& l : postfix_.listeners) {
      listener_ = &l;
      const size_t before = faults_;
      const Milter milter = milter_of(value("smtpd_milters"));
      if (milter.asked) {
        as_milter(milter);
      } else {
        order();
        later_states();
      }
      auth();
      if (faults_ == before)
        add(Grade::good, l.name,
            milter.asked ? "asks Postern as its milter, AUTH is under TLS"
                         : "asks Postern before anything permits, AUTH is under TLS",
            "");
    }
    return std::move(remarks_);
  }

 private:
  void add(Grade grade, const std::string& where, std::string what, std::string fix) {
    faults_ += grade == Grade::fault ? 1 : 0;
    remarks_.push_back({grade, where, std::move(what), std::move(fix)});
  }
  void fault(std::string what, std::string fix) { add(Grade::fault, listener_->name, std::move(what), std::move(fix)); }
  void hint(std::string what, std::string fix) { add(Grade::hint, listener_->name, std::move(what), std::move(fix)); }
  [[nodiscard]] std::string value(const std::string& parameter) const { return postfix_.value(*listener_, parameter); }
  [[nodiscard]] Place place(const std::string& parameter) const {
    return place_in(restrictions_of(value(parameter)), endpoints_.policy, value("smtpd_policy_service_default_action"));
  }

  struct Milter {
    bool asked = false;
    std::string default_action;
  };
  [[nodiscard]] Milter milter_of(const std::string& milters) const {
    for (const std::string& one : restrictions_of(milters)) {
      std::string endpoint;
      std::string action = value("milter_default_action");
      read_service(one, endpoint, action);
      if (names_us(endpoint, endpoints_.milter)) return {true, action};
    }
    return {};
  }

  // A milter is asked about everybody, whatever a list of restrictions permits.
  void as_milter(const Milter& milter) {
    for (const char* list : {"smtpd_relay_restrictions", "smtpd_recipient_restrictions", "smtpd_data_restrictions",
                             "smtpd_end_of_data_restrictions"})
      if (place(list).asked)
        fault(fmt::format("Postern is asked twice, by smtpd_milters and {}: what is sent counts double", list),
              "take one of the two out");
    if (restrictions_contain(value("receive_override_options"), "no_milters"))
      fault("receive_override_options = no_milters: Postern is not asked", "take it out");
    if (milter.default_action != "accept")
      fault(fmt::format("while Postern is away the milter's answer is \"{}\": mail stops", milter.default_action),
            "write { …, default_action=accept }: mail passes unmetered, and Postfix's own rules still hold");
    if (!value("smtpd_milter_maps").empty())
      hint("smtpd_milter_maps: clients it exempts have no limits", "see that none of your customers is among them");
    open_when_away();
  }

  [[nodiscard]] bool closes_relay() const {
    return closes(restrictions_of(value("smtpd_relay_restrictions"))) ||
           closes(restrictions_of(value("smtpd_recipient_restrictions")));
  }
  void open_when_away() {
    if (!closes_relay())
      fault(
          "nothing refuses foreign destinations when Postern is away: an open relay",
          "end smtpd_relay_restrictions with permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination");
  }

  // A permit ends the list it stands in, and only that (Postfix: SMTPD_ACCESS_README).
  void order() {
    const Place relay = place("smtpd_relay_restrictions");
    const Place recipient = place("smtpd_recipient_restrictions");
    const Place& used = relay.asked && !relay.after_permit ? relay : recipient;
    if (!relay.asked && !recipient.asked) {
      fault("Postern is not asked about recipients",
            endpoints_.policy.empty()
                ? fmt::format("set smtpd_milters = {{ {}, default_action=accept }}", endpoints_.milter.front())
                : fmt::format("begin smtpd_relay_restrictions with check_policy_service {{ {}, default_action=DUNNO }}",
                              endpoints_.policy.front()));
      return;
    }
    if (!used.asked || used.after_permit) {
      const Place& bad = relay.asked ? relay : recipient;
      fault(fmt::format("{} stands before Postern: whom it permits has no limits", bad.permit),
            "move check_policy_service before it");
      return;
    }
    if (used.default_action != "DUNNO" && used.default_action != "dunno")
      fault(fmt::format("while Postern is away the answer is \"{}\": mail stops", used.default_action),
            "write { …, default_action=DUNNO }: mail passes unmetered, and Postfix's own rules still hold");
    open_when_away();
  }

  void later_states() {
    const auto missing = [&](const std::string& parameter, std::string what) {
      const Place p = place(parameter);
      if (!p.asked || p.after_permit)
        fault(std::move(what), fmt::format("set {} to the same check_policy_service", parameter));
    };
    missing("smtpd_data_restrictions", "Postern is not asked at DATA: recipients that do not exist are not counted");
    missing("smtpd_end_of_data_restrictions", "Postern is not asked at the end of a message: sizes are not counted");
    if (value("smtpd_delay_reject") == "no")
      hint("smtpd_delay_reject = no: clients are refused before it is known who they are", "set it to yes");
  }

  void auth() {
    if (value("smtpd_sasl_auth_enable") != "yes") return;
    const bool tls = value("smtpd_tls_auth_only") == "yes" || value("smtpd_tls_wrappermode") == "yes" ||
                     value("smtpd_tls_security_level") == "encrypt";
    if (!tls) fault("AUTH is offered without TLS: passwords in the clear", "smtpd_tls_auth_only = yes");
    const std::string port = listener_->name.substr(0, listener_->name.find('/'));
    const std::string_view number = std::string_view(port).substr(port.rfind(':') + 1);  // npos + 1 = 0
    if (number == "smtp" || number == "25")
      hint("AUTH is offered on port 25",
           "set smtpd_sasl_auth_enable = no here when nobody uses it any more (postern relay "
           "top shows who does)");
  }

  const Postfix& postfix_;
  const Endpoints& endpoints_;
  const Listener* listener_ = nullptr;
  std::vector<Remark> remarks_;
  size_t faults_ = 0;
};

}  // namespace

std::vector<std::string> restrictions_of(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  int depth = 0;
  const auto end = [&] {
    if (!word.empty()) out.push_back(std::exchange(word, {}));
  };
  for (const char c : text) {
    if (c == '{') ++depth;
    if (c == '}' && depth > 0) --depth;
    if (depth == 0 && kSpace.find(c) != std::string_view::npos) {
      end();
    } else {
      word += c;
    }
  }
  end();
  return out;
}

std::string Postfix::value(const Listener& listener, const std::string& parameter) const {
  if (const auto own = listener.overrides.find(parameter); own != listener.overrides.end()) return own->second;
  const auto it = main.find(parameter);
  return it == main.end() ? std::string() : it->second;
}

Postfix parse_postfix(std::string_view main, std::string_view services, std::string_view overrides) {
  Postfix out;
  each_line(main, [&](std::string_view line) {
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) return;
    out.main[std::string(trimmed(line.substr(0, equals)))] = std::string(trimmed(line.substr(equals + 1)));
  });
  each_line(services, [&](std::string_view line) {
    const auto words = words_of(line);
    if (words.size() < 8 || line.starts_with(' ')) return;
    if (words[1] == "inet" && words[7] == "smtpd") out.listeners.push_back({fmt::format("{}/inet", words[0]), {}});
  });
  // "submission/inet/smtpd_tls_security_level = encrypt"
  each_line(overrides, [&](std::string_view line) {
    const size_t equals = line.find(" = ");
    const std::string_view path = trimmed(line.substr(0, std::min(equals, line.size())));
    const size_t slash = path.rfind('/');
    if (equals == std::string_view::npos || slash == std::string_view::npos) return;
    for (Listener& l : out.listeners)
      if (l.name == path.substr(0, slash))
        l.overrides[std::string(path.substr(slash + 1))] = std::string(trimmed(line.substr(equals + 3)));
  });
  return out;
}

std::vector<Remark> examine(const Postfix& postfix, const Endpoints& endpoints) {
  return Examiner(postfix, endpoints).run();
}

}  // namespace postern::cli
