// SPDX-License-Identifier: Apache-2.0
#include "cli/erase.h"

#include <algorithm>
#include <fmt/format.h>

#include "cli/render.h"

namespace postern::cli {
namespace {
using wire::Json;

// How many of `list` have `member` equal to `value`.
size_t count_of(const Json& list, std::string_view member, std::string_view value) {
  const auto* items = list.items();
  if (items == nullptr) return 0;
  return static_cast<size_t>(
      std::ranges::count_if(*items, [&](const Json& item) { return item[member].text() == value; }));
}

Printed failed(const Error& e) {
  return {e.code == Errc::unavailable ? Exit::unreachable : Exit::try_again, {}, "postern: " + e.text() + "\n"};
}
Printed refused(const Reply& reply, bool json) {
  if (json) return {exit_of(reply.status), reply.body.pretty(), {}};
  return {exit_of(reply.status), {}, error_line(reply.body, reply.status)};
}
}  // namespace

std::string what_erasing_does(const Json& shown) {
  const Json& s = shown["subscriber"];
  return fmt::format(
      "Subscriber {} (number {}, class {}).\n"
      "Destroyed, for ever: name, mail and telephone; which addresses its sessions had, in the journal and its index.\n"
      "Ended: {} live session{}, {} active permit{}, an open case if there is one. From then on the line is an unknown "
      "one.\n"
      "Kept: the key {} and the number, class and fixed prefixes as imported, what was decided and when, findings and "
      "cases with the servers they name, and who erased.\n"
      "Backups made before still hold what is destroyed here.\n",
      plain(s["key"].text()), s["id"].text(),
      s["class_name"].text().empty() ? "the default" : plain(s["class_name"].text()),
      count_of(shown["sessions"], "end", "open"), count_of(shown["sessions"], "end", "open") == 1 ? "" : "s",
      count_of(shown["permits"], "state", "active"), count_of(shown["permits"], "state", "active") == 1 ? "" : "s",
      plain(s["key"].text()));
}

Printed erase_subscriber(const std::string& socket, const std::string& key, const Ask& ask, bool json) {
  const std::string path = "/v1/subscribers/" + escaped(key);
  const Result<Reply> shown = call(socket, {.path = path});
  if (!shown) return failed(shown.error());
  if (shown->status >= 300) return refused(*shown, json);
  const std::string name = shown->body["subscriber"]["key"].text();
  if (ask) {
    const auto typed = ask(what_erasing_does(shown->body) + fmt::format("Type the key {} to erase it: ", plain(name)));
    if (!typed)
      return {Exit::usage, {}, "postern: nobody is there to ask (the input is no terminal); --yes erases unasked\n"};
    if (*typed != name) return {Exit::no, {}, "postern: that is not the key; nothing was erased\n"};
  }
  const Result<Reply> done = call(socket, {.method = "DELETE", .path = path});
  if (!done) return failed(done.error());
  if (done->status >= 300) return refused(*done, json);
  if (json) return {Exit::ok, done->body.pretty(), {}};
  return {Exit::ok,
          fmt::format("{} erased (record {} of the journal): contact and addresses are destroyed, its sessions and "
                      "permits have ended\n",
                      plain(name), done->body["result"]["journaled"].text()),
          {}};
}

}  // namespace postern::cli
