// SPDX-License-Identifier: Apache-2.0
#include "sys/resolver/resolver.h"

#include <algorithm>
#include <ares.h>
#include <arpa/inet.h>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <set>

#include "base/check.h"

namespace postern::sys {
namespace {

constexpr int kTimeoutMs = 2'000;
constexpr int kTries = 3;

std::optional<IpAddress> address_of(const sockaddr* sa) {
  if (sa->sa_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(sa);
    return IpAddress::v4(ntohl(in->sin_addr.s_addr));
  }
  if (sa->sa_family != AF_INET6) return std::nullopt;
  std::array<uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(sa)->sin6_addr, bytes.size());
  return IpAddress::v6(bytes);
}

Addresses addresses_of(const ares_addrinfo& info) {
  int ttl = 24 * 3600;
  Addresses out;
  for (const ares_addrinfo_cname* c = info.cnames; c != nullptr; c = c->next) ttl = std::min(ttl, c->ttl);
  for (const ares_addrinfo_node* n = info.nodes; n != nullptr; n = n->ai_next) {
    ttl = std::min(ttl, n->ai_ttl);
    const auto address = address_of(n->ai_addr);
    if (address && out.addresses.size() < kAnswerAddressesMax) out.addresses.push_back(*address);
  }
  out.ttl = seconds(std::max(ttl, 0));
  return out;
}

}  // namespace

class Resolver::Core {
 public:
  explicit Core(Loop& loop) : loop_(loop) {}
  ~Core() {
    if (tick_ != 0) loop_.cancel(tick_);
    if (channel_ != nullptr) ares_destroy(channel_);
    if (up_) ares_library_cleanup();
  }

  Status open(std::span<const Endpoint> servers) {
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
      return fail(Errc::unavailable, "the DNS library does not start");
    up_ = true;
    ares_options options{};
    options.timeout = kTimeoutMs;
    options.tries = kTries;
    options.sock_state_cb = &Core::on_socket;
    options.sock_state_cb_data = this;
    std::string lookups = "b";  // DNS alone, no /etc/hosts
    options.lookups = lookups.data();
    options.ndomains = 0;
    const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS;
    if (const int code = ares_init_options(&channel_, &options, mask); code != ARES_SUCCESS) return no(code);
    std::string csv;
    for (const Endpoint& e : servers) csv += (csv.empty() ? "" : ",") + to_string(e);
    if (const int code = ares_set_servers_ports_csv(channel_, csv.c_str()); code != ARES_SUCCESS) return no(code);
    // Retries: c-ares looks at its clock when it is called.
    tick_ = loop_.every(milliseconds(250), [this] {
      if (!open_.empty()) ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    });
    return {};
  }

  void look_up(const std::string& name, Done done, Family only) {
    auto* question = new Question{this, std::move(done)};
    open_.insert(question);
    ares_addrinfo_hints hints{};
    hints.ai_family = only == Family::v4 ? AF_INET : only == Family::v6 ? AF_INET6 : AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = ARES_AI_NOSORT;
    ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, &Core::on_answer, question);
  }

 private:
  struct Question {
    Core* core;
    Done done;
  };

  static Status no(int code) { return fail(Errc::unavailable, std::string("DNS: ") + ares_strerror(code)); }

  static void on_socket(void* self, ares_socket_t fd, int readable, int writable) {
    Core& core = *static_cast<Core*>(self);
    core.loop_.forget(fd);
    const uint32_t events = (readable != 0 ? EPOLLIN : 0U) | (writable != 0 ? EPOLLOUT : 0U);
    if (events == 0) return;
    core.loop_.watch(fd, events, [&core, fd](uint32_t happened) {
      const bool failed = (happened & (EPOLLERR | EPOLLHUP)) != 0;
      const bool in = failed || (happened & EPOLLIN) != 0;
      const bool out = failed || (happened & EPOLLOUT) != 0;
      ares_process_fd(core.channel_, in ? fd : ARES_SOCKET_BAD, out ? fd : ARES_SOCKET_BAD);
    });
  }

  static void on_answer(void* asked, int status, int, ares_addrinfo* info) {
    const std::unique_ptr<Question> question(static_cast<Question*>(asked));
    const std::unique_ptr<ares_addrinfo, void (*)(ares_addrinfo*)> held(info, &ares_freeaddrinfo);
    question->core->open_.erase(question.get());
    if (status == ARES_EDESTRUCTION) return;
    if (status == ARES_ENOTFOUND || status == ARES_ENODATA)
      return question->done(fail(Errc::not_found, std::string("DNS: ") + ares_strerror(status)));
    if (status != ARES_SUCCESS || info == nullptr) return question->done(std::unexpected(no(status).error()));
    Addresses found = addresses_of(*info);
    if (found.addresses.empty()) return question->done(fail(Errc::not_found, "DNS: the name has no address"));
    question->done(std::move(found));
  }

  Loop& loop_;
  ares_channel channel_ = nullptr;
  bool up_ = false;
  Loop::TimerId tick_ = 0;
  std::set<Question*> open_;
};

Resolver::Resolver(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Resolver::~Resolver() = default;

Result<std::unique_ptr<Resolver>> Resolver::make(Loop& loop, std::span<const Endpoint> servers) {
  PN_CHECK(!servers.empty());
  auto core = std::make_unique<Core>(loop);
  PN_TRY_VOID(core->open(servers));
  return std::unique_ptr<Resolver>(new Resolver(std::move(core)));
}

void Resolver::look_up(const std::string& name, Done done, Family only) { core_->look_up(name, std::move(done), only); }

}  // namespace postern::sys
