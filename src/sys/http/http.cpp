// SPDX-License-Identifier: Apache-2.0
#include "sys/http/http.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <microhttpd.h>
#include <set>
#include <sys/socket.h>

#include "base/check.h"
#include "sys/clock.h"
#include "sys/log.h"

namespace postern::sys {
namespace {

constexpr std::string_view kComponent = "http";
constexpr Duration kNever{INT64_MAX};

// The handler's own value for one of these replaces ours.
constexpr std::array<std::pair<const char*, const char*>, 6> kSecurityHeaders{{
    {"Content-Security-Policy",
     "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cache-Control", "no-store"},
}};

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// nullopt: a broken escape or a control character.
std::optional<std::string> decoded_path(std::string_view raw) {
  std::string out;
  for (size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    if (c == '%') {
      const int high = i + 2 < raw.size() ? hex_digit(raw[i + 1]) : -1;
      const int low = high >= 0 ? hex_digit(raw[i + 2]) : -1;
      if (low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
    out += c;
  }
  return out;
}

HttpResponse plain(int status, std::string text) { return {.status = status, .body = std::move(text), .headers = {}}; }

MHD_Response* made(const HttpResponse& r) {
  auto* bytes = const_cast<char*>(r.body.data());
  MHD_Response* out = MHD_create_response_from_buffer(r.body.size(), bytes, MHD_RESPMEM_MUST_COPY);
  PN_CHECK(out != nullptr);
  MHD_add_response_header(out, "Content-Type", r.content_type.c_str());
  for (const auto& [name, value] : kSecurityHeaders)
    if (std::ranges::none_of(r.headers, [&](const auto& h) { return same_name(h.first, name); }))
      MHD_add_response_header(out, name, value);
  for (const auto& [name, value] : r.headers) MHD_add_response_header(out, name.c_str(), value.c_str());
  return out;
}

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  const auto it = std::ranges::find(headers, name, &HttpHeaders::value_type::first);
  return it == headers.end() ? std::string_view() : std::string_view(it->second);
}

class HttpServer::Core {
 public:
  Core(Loop& loop, Fd socket, HttpLimits limits, Handler handler)
      : loop_(loop), socket_(std::move(socket)), limits_(limits), handler_(std::move(handler)) {}
  ~Core();

  Status open();
  [[nodiscard]] const HttpStats& stats() const { return stats_; }

 private:
  struct Connection {
    int fd = -1;
    Endpoint peer;
    Duration deadline = kNever;  // then the socket is shut down
  };
  // One request on its way.
  struct Call {
    Core* core = nullptr;
    MHD_Connection* connection = nullptr;
    Connection* on = nullptr;
    std::string uri;
    std::string body;
    bool begun = false;
    bool too_large = false;
    bool asked = false;      // the handler has it
    bool suspended = false;  // MHD waits for us
    Duration answer_by = kNever;
    std::optional<HttpResponse> answer;
  };
  using CallRef = std::shared_ptr<Call>;

  static void on_connection(void* self, MHD_Connection* c, void** context, MHD_ConnectionNotificationCode code);
  static void* on_uri(void* self, const char* uri, MHD_Connection* c);
  static MHD_Result on_access(void* self, MHD_Connection* c, const char* url, const char* method, const char* version,
                              const char* data, size_t* size, void** context);
  static void on_completed(void* self, MHD_Connection* c, void** context, MHD_RequestTerminationCode code);
  static MHD_Result add_header(void* to, MHD_ValueKind kind, const char* name, const char* value);

  MHD_Result begin(const CallRef& call);
  void refuse_body(Call& call);
  void ask(const CallRef& call, const char* method);
  void answer(const CallRef& call, HttpResponse response);
  MHD_Result queue(const CallRef& call);
  [[nodiscard]] std::optional<HttpRequest> request_of(Call& call, const char* method);
  void run();
  void run_soon(Duration delay);
  void sweep();

  Loop& loop_;
  Fd socket_;
  HttpLimits limits_;
  Handler handler_;
  HttpStats stats_;
  MHD_Daemon* daemon_ = nullptr;
  int epoll_ = -1;
  std::set<Connection*> open_;
  std::set<CallRef> waiting_;  // suspended
  Loop::TimerId timer_ = 0;    // of MHD
  Loop::TimerId sweeper_ = 0;
};

Status HttpServer::Core::open() {
  const unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
  daemon_ = MHD_start_daemon(
      flags, 0, nullptr, nullptr, &Core::on_access, this, MHD_OPTION_LISTEN_SOCKET, socket_.get(),
      MHD_OPTION_CONNECTION_LIMIT, limits_.connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
      limits_.connections_per_address, MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits_.header_octets,
      MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(std::max<int64_t>(1, limits_.idle_time.seconds())),
      MHD_OPTION_NOTIFY_CONNECTION, &Core::on_connection, this, MHD_OPTION_URI_LOG_CALLBACK, &Core::on_uri, this,
      MHD_OPTION_NOTIFY_COMPLETED, &Core::on_completed, this, MHD_OPTION_END);
  if (daemon_ == nullptr) return fail_errno("start the HTTP server on " + to_string(local_of(socket_.get())));
  const MHD_DaemonInfo* info = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD);
  PN_CHECK(info != nullptr);
  epoll_ = info->epoll_fd;
  loop_.watch(epoll_, EPOLLIN, [this](uint32_t) { run(); });
  sweeper_ = loop_.every(seconds(1), [this] { sweep(); });
  run_soon({});
  return {};
}

HttpServer::Core::~Core() {
  if (daemon_ == nullptr) return;
  loop_.cancel(timer_);
  loop_.cancel(sweeper_);
  loop_.forget(epoll_);
  // Gives the listening socket back without a shutdown(), which would end it for every process that has it.
  (void)MHD_quiesce_daemon(daemon_);
  const std::set<CallRef> waiting = waiting_;
  for (const CallRef& call : waiting) answer(call, plain(503, "the server is stopping\n"));
  loop_.cancel(timer_);
  MHD_run(daemon_);
  MHD_stop_daemon(daemon_);
}

void HttpServer::Core::run() {
  MHD_run(daemon_);
  MHD_UNSIGNED_LONG_LONG ms = 0;
  if (MHD_get_timeout(daemon_, &ms) == MHD_YES)
    run_soon(milliseconds(static_cast<int64_t>(std::min<MHD_UNSIGNED_LONG_LONG>(ms, 60'000))));
}

void HttpServer::Core::run_soon(Duration delay) {
  loop_.cancel(timer_);
  timer_ = loop_.after(delay, [this] { run(); });
}

void HttpServer::Core::sweep() {
  const Duration now = monotonic();
  for (Connection* c : open_) {
    if (c->deadline > now) continue;
    ++stats_.slow_client;
    c->deadline = kNever;
    log(Level::info, kComponent, "HTTP_SLOW_CLIENT", "a client took too long and was cut off",
        {{"client", to_string(c->peer)}});
    // MHD owns the descriptor: it sees the end of the stream and closes.
    ::shutdown(c->fd, SHUT_RDWR);
  }
  const std::set<CallRef> waiting = waiting_;
  for (const CallRef& call : waiting) {
    if (call->answer_by > now) continue;
    ++stats_.no_answer;
    log(Level::warning, kComponent, "HTTP_NO_ANSWER", "no answer within the time for one; 503");
    answer(call, plain(503, "no answer in time; please try again\n"));
  }
}

void HttpServer::Core::on_connection(void* self, MHD_Connection* c, void** context,
                                     MHD_ConnectionNotificationCode code) {
  Core& core = *static_cast<Core*>(self);
  if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
    auto* connection = static_cast<Connection*>(*context);
    core.open_.erase(connection);
    delete connection;
    --core.stats_.connections_open;
    return;
  }
  const MHD_ConnectionInfo* info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
  auto* connection =
      new Connection{info->connect_fd, peer_of(info->connect_fd), monotonic() + core.limits_.request_time};
  core.open_.insert(connection);
  *context = connection;
  ++core.stats_.connections;
  if (++core.stats_.connections_open == core.limits_.connections) {
    ++core.stats_.connections_full;
    log(Level::warning, kComponent, "HTTP_CONNECTIONS_FULL", "more clients have to wait",
        {{"connections", std::to_string(core.limits_.connections)}});
  }
}

void* HttpServer::Core::on_uri(void* self, const char* uri, MHD_Connection* c) {
  const MHD_ConnectionInfo* info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  auto call = std::make_shared<Call>();
  call->core = static_cast<Core*>(self);
  call->connection = c;
  call->on = static_cast<Connection*>(info->socket_context);
  call->uri = uri;
  return new CallRef(std::move(call));
}

void HttpServer::Core::on_completed(void* self, MHD_Connection*, void** context, MHD_RequestTerminationCode) {
  Core& core = *static_cast<Core*>(self);
  auto* held = static_cast<CallRef*>(*context);
  if (held == nullptr) return;
  Call& call = **held;
  call.core = nullptr;  // a Reply that comes later finds nobody
  call.on->deadline = monotonic() + core.limits_.idle_time + core.limits_.request_time;
  core.waiting_.erase(*held);
  delete held;
  *context = nullptr;
}

MHD_Result HttpServer::Core::on_access(void* self, MHD_Connection*, const char*, const char* method, const char*,
                                       const char* data, size_t* size, void** context) {
  Core& core = *static_cast<Core*>(self);
  const CallRef call = *static_cast<CallRef*>(*context);
  if (!call->begun) return core.begin(call);
  if (*size > 0) {
    if (call->body.size() + *size > core.limits_.body_octets) call->too_large = true;
    if (!call->too_large) call->body.append(data, *size);
    *size = 0;
    return MHD_YES;
  }
  if (!call->asked) core.ask(call, method);
  if (call->answer) return core.queue(call);
  if (!call->suspended) {
    call->suspended = true;
    call->on->deadline = kNever;
    core.waiting_.insert(call);
    MHD_suspend_connection(call->connection);
  }
  return MHD_YES;
}

void HttpServer::Core::refuse_body(Call& call) {
  call.asked = true;
  ++stats_.body_too_large;
  log(Level::info, kComponent, "HTTP_BODY_TOO_LARGE", "a request's body is too large; 413",
      {{"client", to_string(call.on->peer)}});
  call.answer = plain(413, "the body is too large\n");
}

// The header is in, the body is not.
MHD_Result HttpServer::Core::begin(const CallRef& call) {
  call->begun = true;
  ++stats_.requests;
  const char* length = MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "Content-Length");
  if (length == nullptr || std::strtoull(length, nullptr, 10) <= limits_.body_octets) return MHD_YES;
  refuse_body(*call);
  return queue(call);
}

MHD_Result HttpServer::Core::add_header(void* to, MHD_ValueKind, const char* name, const char* value) {
  std::string lower;
  for (const char* c = name; *c != '\0'; ++c) lower += *c >= 'A' && *c <= 'Z' ? static_cast<char>(*c - 'A' + 'a') : *c;
  static_cast<HttpHeaders*>(to)->emplace_back(std::move(lower), value != nullptr ? value : "");
  return MHD_YES;
}

std::optional<HttpRequest> HttpServer::Core::request_of(Call& call, const char* method) {
  HttpRequest r;
  const size_t question = call.uri.find('?');
  auto path = decoded_path(std::string_view(call.uri).substr(0, question));
  if (!path) return std::nullopt;
  r.method = method;
  r.path = std::move(*path);
  if (question != std::string::npos) r.query = call.uri.substr(question + 1);
  r.body = std::move(call.body);
  MHD_get_connection_values(call.connection, MHD_HEADER_KIND, &Core::add_header, &r.headers);
  r.peer = call.on->peer;
  ucred who{};
  socklen_t size = sizeof who;
  int family = 0;
  socklen_t family_size = sizeof family;
  if (::getsockopt(call.on->fd, SOL_SOCKET, SO_DOMAIN, &family, &family_size) == 0 && family == AF_UNIX &&
      ::getsockopt(call.on->fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0)
    r.peer_uid = who.uid;
  return r;
}

void HttpServer::Core::ask(const CallRef& call, const char* method) {
  call->asked = true;
  if (call->too_large) {
    refuse_body(*call);
    return;
  }
  auto request = request_of(*call, method);
  if (!request) {
    call->answer = plain(400, "the address holds characters that none may have\n");
    return;
  }
  call->answer_by = monotonic() + limits_.answer_time;
  handler_(std::move(*request), [weak = std::weak_ptr<Call>(call)](HttpResponse response) {
    const CallRef waiting = weak.lock();
    if (waiting && waiting->core != nullptr) waiting->core->answer(waiting, std::move(response));
  });
}

void HttpServer::Core::answer(const CallRef& call, HttpResponse response) {
  if (call->answer) return;
  call->answer = std::move(response);
  if (!call->suspended) return;  // from within the handler: queued by on_access
  call->suspended = false;
  waiting_.erase(call);
  MHD_resume_connection(call->connection);
  run_soon({});
}

MHD_Result HttpServer::Core::queue(const CallRef& call) {
  call->on->deadline = monotonic() + limits_.request_time;
  MHD_Response* response = made(*call->answer);
  const MHD_Result queued = MHD_queue_response(call->connection, static_cast<unsigned>(call->answer->status), response);
  MHD_destroy_response(response);
  return queued;
}

HttpServer::HttpServer(std::unique_ptr<Core> core) : core_(std::move(core)) {}
HttpServer::~HttpServer() = default;
const HttpStats& HttpServer::stats() const { return core_->stats(); }

Result<std::unique_ptr<HttpServer>> HttpServer::start(Loop& loop, Fd listening_socket, HttpLimits limits,
                                                      Handler handler) {
  auto core = std::make_unique<Core>(loop, std::move(listening_socket), limits, std::move(handler));
  PN_TRY_VOID(core->open());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(core)));
}

}  // namespace postern::sys
