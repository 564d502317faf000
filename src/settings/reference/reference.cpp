// SPDX-License-Identifier: Apache-2.0
#include "settings/reference/reference.h"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

#include "settings/sections.h"

namespace postern::settings {
namespace {

// Text for man(7): a backslash is its escape, '-' alone would become a hyphen, and a leading dot a request.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string sentence(std::string_view help) {
  std::string out(help);
  if (!out.empty() && out.front() >= 'a' && out.front() <= 'z')
    out.front() = static_cast<char>(out.front() - 'a' + 'A');
  if (!out.ends_with('.')) out += '.';
  return out;
}

std::string default_of(const Section& s, const Key& k) { return s.show_default(k); }

bool says_nothing(const std::string& value) { return value == "\"\"" || value == "[]"; }

// What the all-keys file gives the key.
std::string value_of(const Section& s, const Key& k) {
  return k.spec.example.empty() ? default_of(s, k) : std::string(k.spec.example);
}

// "duration, 1m to 24h; default "10m"".
std::string facts(const Section& s, const Key& k) {
  std::string out = type_text(k);
  if (k.type == Type::text && k.spec.form != nullptr)
    out = k.list ? fmt::format("a list, each {}", k.spec.form->name) : std::string(k.spec.form->name);
  if (const std::string range = range_text(k); !range.empty()) out += ", " + range;
  const std::string standard = default_of(s, k);
  if (k.spec.required)
    out += "; must be set";
  else
    out += says_nothing(standard) ? "; default: none" : "; default " + standard;
  return out + (k.spec.reload == Reload::live ? "; reload" : "; restart");
}

constexpr std::string_view kHead = R"(.\" Generated from the tables in src/settings/section; do not edit.
.TH POSTERN.TOML 5 "" "Postern" "Postern manual"
.SH NAME
postern.toml \- settings of posternd
.SH SYNOPSIS
.I /etc/postern/postern.toml
.SH DESCRIPTION
The file is TOML 1.0 in UTF\-8, at most 1 MiB.
An unknown section or key is an error, as is a value of the wrong type or out of range; all faults are shown at once,
each with file, line and column, and nothing starts before all are mended.
.B postern check
reads the file without starting anything and also looks at the machine.
Keys marked "reload" are taken over when
.BR posternd (8)
gets SIGHUP (systemctl reload posternd). A file in which a key marked "restart" has changed is refused then, with a
sentence that names the key, and the running settings stay, all of them; such a change takes a restart. What the gate
enforces stays in force meanwhile.
.PP
A duration is a whole number and one unit in quotes: "500ms", "90s", "15m", "72h", "30d".
A prefix is a network such as "192.0.2.0/24" or "2001:db8::/32", without bits set past its length, or one address.
An address with port is "192.0.2.1:1813" or "[2001:db8::1]:1813".
Passwords and keys are never in this file: it names the files that hold them.
.SH SECTIONS
)";

constexpr std::string_view kTail = R"(.SH SEE ALSO
.BR postern (1),
.BR posternd (8)
)";

std::string json_text(std::string_view text) { return show_text(text); }

std::string_view json_type(Type type) {
  switch (type) {
    case Type::number:
      return "integer";
    case Type::decimal:
      return "number";
    case Type::flag:
      return "boolean";
    default:
      return "string";
  }
}

std::string json_value(const Key& k) {
  std::string out = fmt::format("\"type\": \"{}\"", json_type(k.type));
  if (k.type == Type::number || k.type == Type::decimal) {
    const double unit = k.type == Type::decimal ? 1000 : 1;
    out += fmt::format(", \"minimum\": {}", static_cast<double>(k.spec.min) / unit);
    if (k.spec.max != 0) out += fmt::format(", \"maximum\": {}", static_cast<double>(k.spec.max) / unit);
  }
  if (k.type == Type::duration) out += ", \"pattern\": \"^[0-9]+(us|ms|s|m|h|d)$\"";
  if (k.type == Type::choice) {
    out += ", \"enum\": [";
    const auto names = offered(k);
    for (size_t i = 0; i < names.size(); ++i) out += (i > 0 ? ", " : "") + json_text(names[i]);
    out += "]";
  }
  return k.list ? fmt::format("\"type\": \"array\", \"items\": {{{}}}", out) : out;
}

std::vector<const Section*> inside(std::string_view outer) {
  std::vector<const Section*> out;
  for (const Section& s : sections()) {
    const size_t dot = s.name.find('.');
    const std::string_view parent = dot == s.name.npos ? std::string_view() : s.name.substr(0, dot);
    if (parent == outer) out.push_back(&s);
  }
  return out;
}

std::string_view last_part(std::string_view name) { return name.substr(name.find('.') + 1); }

std::string json_section(const Section& s, Names detectors, const std::string& indent);

std::string reload_of(const Key& k) {
  return fmt::format(", \"x-change\": \"{}\"", k.spec.reload == Reload::live ? "reload" : "restart");
}

// "properties" and "required" of one table, without its braces.
std::string json_object(const Section& s, Names detectors, const std::string& indent) {
  std::string out = "\"type\": \"object\", \"additionalProperties\": false";
  std::string required;
  std::string properties;
  for (const Key& k : s.table().keys) {
    if (k.spec.required) required += (required.empty() ? "" : ", ") + json_text(k.name);
    const std::string standard = default_of(s, k);
    properties += fmt::format("{}\n{}  {}: {{{}{}, \"description\": {}}}", properties.empty() ? "" : ",", indent,
                              json_text(k.name), json_value(k) + reload_of(k),
                              k.spec.required ? "" : fmt::format(", \"default\": {}", standard),
                              json_text(sentence(k.spec.help)));
  }
  for (const Section* inner : inside(s.name))
    properties += fmt::format(",\n{}  {}: {}", indent, json_text(last_part(inner->name)),
                              json_section(*inner, detectors, indent + "  "));
  if (!required.empty()) out += fmt::format(", \"required\": [{}]", required);
  return out + fmt::format(", \"properties\": {{{}}}", properties);
}

std::string json_section(const Section& s, Names detectors, const std::string& indent) {
  const std::string about = fmt::format("\"description\": {}, ", json_text(s.table().help));
  const std::string object = json_object(s, detectors, indent);
  if (s.shape == Shape::one) return fmt::format("{{{}{}}}", about, object);
  if (s.shape == Shape::list) return fmt::format("{{{}\"type\": \"array\", \"items\": {{{}}}}}", about, object);
  std::string names = "\"pattern\": \"^[a-z0-9_][a-z0-9_-]{0,31}$\"";
  if (s.name == "detect" && !detectors.empty()) {
    names = "\"enum\": [";
    for (size_t i = 0; i < detectors.size(); ++i) names += (i > 0 ? ", " : "") + json_text(detectors[i]);
    names += "]";
  }
  return fmt::format("{{{}\"type\": \"object\", \"propertyNames\": {{{}}}, \"additionalProperties\": {{{}}}}}", about,
                     names, object);
}

}  // namespace

std::string manual_page() {
  std::string out(kHead);
  for (const Section& s : sections()) {
    out += fmt::format(".SS {}\n{}\n", roff(header_of(s)), roff(s.table().help));
    for (const Key& k : s.table().keys) {
      out += fmt::format(".TP\n.B {}\n{}\n", roff(k.name), roff(sentence(k.spec.help)));
      out += fmt::format(".br\n({}.)\n", roff(facts(s, k)));
      if (!k.spec.example.empty()) out += fmt::format(".br\nExample: {}\n", roff(k.spec.example));
    }
  }
  return out + std::string(kTail);
}

std::string json_schema(Names detectors) {
  std::string properties;
  std::string required;
  for (const Section* s : inside({})) {
    properties += fmt::format("{}\n    {}: {}", properties.empty() ? "" : ",", json_text(s->name),
                              json_section(*s, detectors, "    "));
    const bool must = std::ranges::any_of(s->table().keys, [](const Key& k) { return k.spec.required; });
    if (must && s->shape == Shape::one) required += (required.empty() ? "" : ", ") + json_text(s->name);
  }
  return fmt::format(
      "{{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"title\": \"postern.toml\",\n"
      "  \"type\": \"object\", \"additionalProperties\": false,\n  \"required\": [{}],\n  \"properties\": {{{}\n  "
      "}}\n}}\n",
      required, properties);
}

std::string all_keys_file() {
  std::string out =
      "# Every key of postern.toml(5) with its default, or an example where there is none.\n"
      "# Generated from the tables in src/settings/section; copy what you need, the rest holds without being "
      "written.\n";
  for (const Section& s : sections()) {
    std::string header = header_of(s);
    if (s.shape == Shape::named) header = s.name == "class" ? "[class.residential]" : "";
    // A detector's name is not this room's to know.
    if (header.empty()) {
      out += fmt::format("\n# {}\n# {}\n", s.table().help, header_of(s));
    } else {
      out += fmt::format("\n# {}\n{}\n", s.table().help, header);
    }
    for (const Key& k : s.table().keys) {
      out += fmt::format("# {}\n# ({})\n{}{} = {}\n", sentence(k.spec.help), facts(s, k), header.empty() ? "# " : "",
                         k.name, value_of(s, k));
    }
  }
  return out;
}

}  // namespace postern::settings
