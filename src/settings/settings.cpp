// SPDX-License-Identifier: Apache-2.0
#include "settings/settings.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "settings/cross_check.h"
#include "settings/file.h"
#include "settings/sections.h"
#include "settings/table/suggest.h"

namespace postern::settings {
namespace {

// Names below `prefix.` that are sections of their own ("client" of "radius_acct").
std::vector<std::string_view> inner_names(std::string_view prefix) {
  std::vector<std::string_view> out;
  for (const Section& s : sections()) {
    if (s.name.size() > prefix.size() && s.name.starts_with(prefix) && s.name[prefix.size()] == '.')
      out.push_back(s.name.substr(prefix.size() + 1));
  }
  return out;
}

class Reader {
 public:
  Reader(Settings& out, Names detectors, Report& report) : out_(out), detectors_(detectors), report_(report) {}

  void read(const Document& document) {
    complete_ = document.whole;
    for (const Node::Member& m : document.root.members) top_level(m);
    for (const Section& s : sections()) {
      const bool inner = s.name.contains('.');
      const Node* node = inner ? nested(document.root, s.name) : document.root.find(s.name);
      if (node != nullptr) {
        section(s, *node);
      } else if (s.shape == Shape::one && complete_) {
        missing(s);
      }
    }
  }

 private:
  static const Node* nested(const Node& root, std::string_view name) {
    const size_t dot = name.find('.');
    const Node* outer = root.find(name.substr(0, dot));
    return outer == nullptr ? nullptr : outer->find(name.substr(dot + 1));
  }

  void top_level(const Node::Member& m) {
    std::vector<std::string_view> known;
    for (const Section& s : sections()) {
      if (!s.name.contains('.')) known.push_back(s.name);
    }
    if (std::ranges::find(known, m.key) != known.end()) return;
    if (m.value.kind == Node::Kind::table || m.value.kind == Node::Kind::array) {
      report_.add(m.at, fmt::format("unknown section [{}]", plain(m.key)), suggestion(m.key, known));
      return;
    }
    std::string fix = "every key belongs in a section";
    for (const Section& s : sections()) {
      if (std::ranges::find(s.table().keys, m.key, &Key::name) != s.table().keys.end()) {
        fix = fmt::format("put it under {}", header_of(s));
        break;
      }
    }
    report_.add(m.at, fmt::format("key {} stands outside of any section", show_text(m.key)), fix);
  }

  void section(const Section& s, const Node& node) {
    switch (s.shape) {
      case Shape::one:
        if (is_table(s, node)) fill(s, node, std::string(s.name), {});
        return;
      case Shape::named:
        if (!is_table(s, node)) return;
        for (const Node::Member& m : node.members) entry(s, m);
        return;
      case Shape::list:
        if (node.kind != Node::Kind::array) {
          report_.add(node.at, fmt::format("{} is a list", s.name), fmt::format("write it as {}", header_of(s)));
          return;
        }
        for (const Node& item : node.items) {
          if (is_table(s, item)) fill(s, item, std::string(s.name), {});
        }
    }
  }

  void entry(const Section& s, const Node::Member& m) {
    if (m.value.kind != Node::Kind::table) {
      report_.add(m.at, fmt::format("[{}] needs a name for what {} is about", s.name, show_text(m.key)),
                  fmt::format("write [{}.{}]", s.name, s.name == "class" ? "residential" : "NAME"));
      return;
    }
    if (s.name == "detect") {
      if (std::ranges::find(detectors_, m.key) == detectors_.end())
        report_.add(m.at, fmt::format("no detector is called {}", show_text(m.key)), suggestion(m.key, detectors_));
    } else if (!is_short_name(m.key)) {
      report_.add(m.at, fmt::format("{} is no name for a {}", show_text(m.key), s.name),
                  "use lower-case letters, digits, _ and -, at most 32");
      return;
    }
    fill(s, m.value, fmt::format("{}.{}", s.name, plain(m.key)), m.key);
  }

  void fill(const Section& s, const Node& node, const std::string& name, std::string_view entry_name) {
    const auto inner = inner_names(s.name);
    read_section(s.open(out_, entry_name), s.table(), node, name, inner, complete_, report_);
  }

  bool is_table(const Section& s, const Node& node) {
    if (node.kind == Node::Kind::table) return true;
    report_.add(node.at, fmt::format("{} must be a section, not {}", s.name, kind_name(node.kind)),
                fmt::format("write {}", header_of(s)));
    return false;
  }

  void missing(const Section& s) {
    std::vector<std::string_view> required;
    for (const Key& k : s.table().keys) {
      if (k.spec.required) required.push_back(k.name);
    }
    if (!required.empty())
      report_.add({}, fmt::format("section [{}] is missing", s.name),
                  fmt::format("it needs {}", fmt::join(required, ", ")));
  }

  // A key of the file as part of a message.
  static std::string plain(std::string_view key) {
    const std::string quoted = show_text(key);
    return is_short_name(key) ? std::string(key) : quoted;
  }

  Settings& out_;
  Names detectors_;
  Report& report_;
  bool complete_ = true;
};

}  // namespace

model::Policy Settings::policy() const {
  model::Policy out;
  for (const auto& [name, c] : classes) out.classes[name] = c.policy(casework.rules);
  out.default_class = network.default_class;
  out.subscriber_prefixes = network.subscriber_prefixes;
  out.relay = provider.relay;
  out.dark = network.dark;
  for (const DecoyHost& host : decoy.hosts)
    if (std::ranges::none_of(out.dark, [&](const Prefix& p) { return p.contains(host.address); }))
      out.dark.push_back(Prefix::host(host.address));
  out.interim_interval = radius_acct.interim_interval;
  out.clock_skew = who.clock_skew;
  out.probes = decoy.probe_from;
  for (const auto& [name, d] : detect) out.detectors[name] = d.mode;
  out.case_score_mnat = casework.case_score.thousandths;
  out.false_cases_milli = static_cast<uint32_t>(casework.false_cases_a_day.thousandths);
  out.governor = governor.rules;
  out.governor.protected_lines = governor.protected_lines;
  out.accounts = {.hold_mode = relay.hold_mode, .lock_mode = relay.lock_mode, .per_hour = relay.accounts_per_hour};
  if (!mail.relay.empty()) out.channels.push_back(model::Channel::mail);
  if (!webhook.url.empty()) out.channels.push_back(model::Channel::webhook);
  return out;
}

Loaded load_text(std::string_view text, const std::string& name, Names detectors) {
  Report report(name);
  Settings out;
  if (text.size() > kFileBytesMax) {
    report.add({}, fmt::format("is {} bytes, more than {}", text.size(), kFileBytesMax), "is it the right file?",
               Errc::limit);
    return std::unexpected(report.take());
  }
  const Document document = parse_toml(text, report);
  Reader(out, detectors, report).read(document);
  out.classes.try_emplace("unknown");
  out.classes.try_emplace("residential");
  // Half a file would only give echoes of the faults that halved it.
  if (document.whole) cross_check(out, document.root, report);
  if (!report.empty()) return std::unexpected(report.take());
  return out;
}

Loaded load_file(const std::string& path, Names detectors) {
  auto text = read_whole_file(path, kFileBytesMax);
  if (!text) return std::unexpected(Faults{std::move(text).error()});
  return load_text(*text, path, detectors);
}

std::string text_of(const Faults& faults) {
  std::string out;
  for (const Error& e : faults) out += e.text() + "\n";
  return out;
}

}  // namespace postern::settings
