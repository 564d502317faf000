// SPDX-License-Identifier: Apache-2.0
#include "cli/relay/check.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "cli/relay/postfix.h"
#include "settings/settings.h"
#include "sys/fd.h"

namespace postern::cli {
namespace {
using wire::Json;

constexpr std::string_view kQuestion = "request=smtpd_access_policy\nprotocol_state=VRFY\n\n";

// Asks a question that changes nothing.
Status ask(const std::string& path) {
  const sys::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("open a socket");
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  if (path.size() >= sizeof at.sun_path) return fail(Errc::bad_input, "too long for a socket", path);
  path.copy(at.sun_path, path.size());
  const timeval wait{.tv_sec = 3, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
    return fail_errno("connect to " + path);
  if (::send(fd.get(), kQuestion.data(), kQuestion.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(kQuestion.size()))
    return fail_errno("ask on " + path);
  std::array<char, 64> answer{};
  const ssize_t n = ::recv(fd.get(), answer.data(), answer.size(), 0);
  if (n <= 0 || !std::string_view(answer.data(), static_cast<size_t>(n)).starts_with("action=DUNNO"))
    return fail(Errc::unavailable, "no answer within 3 s", path);
  return {};
}

Json json_of(const std::vector<Remark>& remarks) {
  Json items = Json::array();
  for (const Remark& r : remarks)
    items.push(Json::object({{"grade", to_string(r.grade)}, {"where", r.listener}, {"what", r.what}, {"fix", r.fix}}));
  return Json::object({{"items", std::move(items)}});
}

}  // namespace

Printed relay_check(const RelayCheck& what, bool json) {
  const settings::Loaded settings = settings::load_file(what.settings, detector_names());
  if (!settings) return {Exit::bad_input, {}, settings::text_of(settings.error())};
  const settings::Relay& relay = settings->relay;
  std::vector<std::string> endpoints;
  if (!relay.listen_unix.empty()) endpoints.push_back("unix:" + relay.listen_unix);
  for (const Endpoint& e : relay.listen) endpoints.push_back("inet:" + to_string(e));
  if (endpoints.empty())
    return {Exit::bad_input,
            {},
            fmt::format("postern: {}: nobody can ask Postern (set relay.listen_unix)\n", what.settings)};
  const auto postfix = read_postfix(what.postfix);
  if (!postfix)
    return {postfix.error().code == Errc::unavailable ? Exit::unreachable : Exit::bad_input,
            {},
            "postern: " + postfix.error().text() + "\n"};
  std::vector<Remark> remarks = examine(*postfix, endpoints);
  if (!relay.listen_unix.empty()) {
    const Status answers = ask(relay.listen_unix);
    remarks.push_back(answers ? Remark{Grade::good, relay.listen_unix, "Postern answers", ""}
                              : Remark{Grade::fault, relay.listen_unix, answers.error().what, "is posternd running?"});
  }
  const bool bad = std::ranges::any_of(remarks, [](const Remark& r) { return r.grade == Grade::fault; });
  const Exit exit = bad ? Exit::no : Exit::ok;
  if (json) return {exit, json_of(remarks).pretty(), {}};
  std::string out;
  for (const Remark& r : remarks)
    out += fmt::format("{:5}  {}: {}{}\n", to_string(r.grade), r.listener, r.what,
                       r.fix.empty() ? "" : " (" + r.fix + ")");
  out +=
      "not looked at: mail that programs on the relay itself hand in (sendmail), whether your line of trust "
      "(mynetworks) is right, firewalls\n";
  return {exit, std::move(out), {}};
}

}  // namespace postern::cli
