// SPDX-License-Identifier: Apache-2.0
// Settings: postern.toml, read, checked and complete; a plain value that never changes afterwards. Either all of it is
// valid or there is a list of every fault with file:line:column and what to do; nothing starts on half of it.
// Only check.h looks at the machine. Secrets are in files that settings name, never in here.
// A new key is a member with its default and one line in the section's table; a new section is a pair of files in
// section/, a member here and a line in sections.cpp.
#pragma once

#include <expected>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/policy.h"
#include "settings/section/api.h"
#include "settings/section/casework/casework.h"
#include "settings/section/casework/mail.h"
#include "settings/section/casework/webhook.h"
#include "settings/section/class.h"
#include "settings/section/daemon.h"
#include "settings/section/detect.h"
#include "settings/section/explainer.h"
#include "settings/section/gate.h"
#include "settings/section/input/c2.h"
#include "settings/section/input/decoy.h"
#include "settings/section/input/dhcp.h"
#include "settings/section/input/dnstap.h"
#include "settings/section/input/feedback.h"
#include "settings/section/input/flow_export.h"
#include "settings/section/input/mirror.h"
#include "settings/section/input/relay.h"
#include "settings/section/input/reputation.h"
#include "settings/section/input/who.h"
#include "settings/section/network.h"
#include "settings/section/notice.h"
#include "settings/section/provider.h"
#include "settings/section/radius/radius_acct.h"
#include "settings/section/radius/radius_auth.h"
#include "settings/section/radius/radius_coa.h"
#include "settings/section/store.h"
#include "settings/table/report.h"

namespace postern::settings {

inline constexpr size_t kFileBytesMax = size_t{1} << 20;

struct Settings {
  Provider provider;
  Network network;
  Gate gate;
  Explainer explainer;
  RadiusAcct radius_acct;
  Notice notice;
  Garden garden;
  Api api;
  Store store;
  Daemon daemon;
  std::map<std::string, Class> classes;  // always holds "unknown" and "residential"
  Casework casework;
  Governor governor;
  Mail mail;
  Webhook webhook;
  FlowExport flow_export;
  Relay relay;
  std::map<std::string, Detect> detect;  // only those the file names
  RadiusCoa radius_coa;
  RadiusAuth radius_auth;
  Who who;
  Decoy decoy;
  Dnstap dnstap;
  Feedback feedback;
  Reputation reputation;
  Autoconfig autoconfig;
  Dhcp dhcp;
  Mirror mirror;
  C2 c2;

  [[nodiscard]] model::Policy policy() const;
};

using Loaded = std::expected<Settings, Faults>;
using Names = std::span<const std::string_view>;

// `detectors`: names that [detect.NAME] may have.
[[nodiscard]] Loaded load_file(const std::string& path, Names detectors);
// `name` stands for the file in messages. Pure.
[[nodiscard]] Loaded load_text(std::string_view text, const std::string& name, Names detectors);

// All faults, one a line, as a command prints them.
[[nodiscard]] std::string text_of(const Faults& faults);

}  // namespace postern::settings
