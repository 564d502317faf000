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

// An offer of version 6 that leaves everything to the filter; the answer begins the same way.
constexpr std::string_view kOffer("\0\0\0\015O\0\0\0\6\0\0\1\377\0\037\377\377", 17);

// Asks a question that changes nothing; `expected` is how the answer goes on after `skipped` octets.
Status ask(const std::string& path, std::string_view question, std::string_view expected, size_t skipped) {
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
  if (::send(fd.get(), question.data(), question.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(question.size()))
    return fail_errno("ask on " + path);
  std::array<char, 64> answer{};
  const ssize_t n = ::recv(fd.get(), answer.data(), answer.size(), 0);
  const std::string_view said(answer.data(), static_cast<size_t>(std::max<ssize_t>(n, 0)));
  if (!said.substr(std::min(skipped, said.size())).starts_with(expected))
    return fail(Errc::unavailable, "no answer within 3 s", path);
  return {};
}

std::vector<std::string> names_of(const std::string& path, const std::vector<Endpoint>& listen) {
  std::vector<std::string> out;
  if (!path.empty()) out.push_back("unix:" + path);
  for (const Endpoint& e : listen) out.push_back("inet:" + to_string(e));
  return out;
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
  const Endpoints endpoints{.policy = names_of(relay.listen_unix, relay.listen),
                            .milter = names_of(relay.milter_unix, relay.milter)};
  if (endpoints.policy.empty() && endpoints.milter.empty())
    return {Exit::bad_input,
            {},
            fmt::format("postern: {}: nobody can ask Postern (set relay.listen_unix or relay.milter_unix)\n",
                        what.settings)};
  const auto postfix = read_postfix(what.postfix);
  if (!postfix)
    return {postfix.error().code == Errc::unavailable ? Exit::unreachable : Exit::bad_input,
            {},
            "postern: " + postfix.error().text() + "\n"};
  std::vector<Remark> remarks = examine(*postfix, endpoints);
  const auto answers = [&](const std::string& path, std::string_view question, std::string_view answer,
                           size_t skipped) {
    if (path.empty()) return;
    const Status done = ask(path, question, answer, skipped);
    remarks.push_back(done ? Remark{Grade::good, path, "Postern answers", ""}
                           : Remark{Grade::fault, path, done.error().what, "is posternd running?"});
  };
  answers(relay.listen_unix, kQuestion, "action=DUNNO", 0);
  answers(relay.milter_unix, kOffer, "O", 4);
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
