// SPDX-License-Identifier: Apache-2.0
#include "sys/outbound/transfer.h"

#include <algorithm>
#include <curl/curl.h>
#include <fmt/format.h>

#include "base/check.h"

namespace postern::sys {

struct Transfers::Job {
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  curl_slist* recipients = nullptr;
  curl_slist* places = nullptr;
  std::string body;
  size_t sent = 0;
  std::string answer;
  bool smtp = false;
  bool named_recipient = false;
  std::array<char, CURL_ERROR_SIZE> error{};
  Done done;
  ~Job() {
    curl_easy_cleanup(easy);
    for (curl_slist* list : {headers, recipients, places}) curl_slist_free_all(list);
  }
};

struct Transfers::Callbacks {
  static size_t give(char* to, size_t size, size_t count, void* self) {
    Job& job = *static_cast<Job*>(self);
    const size_t n = std::min(size * count, job.body.size() - job.sent);
    std::copy_n(job.body.data() + job.sent, n, to);
    job.sent += n;
    return n;
  }
  // SMTP replies come line by line as headers, HTTP bodies as data. The last line says most, but for the first refusal
  // of an SMTP server: what comes after it is the answer to QUIT.
  static size_t hear(char* data, size_t size, size_t count, void* self) {
    std::string& answer = static_cast<Job*>(self)->answer;
    std::string_view line(data, size * count);
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    const bool refused = !answer.empty() && static_cast<Job*>(self)->smtp && (answer[0] == '4' || answer[0] == '5');
    if (!line.empty() && !refused) answer.assign(line.substr(0, kAnswerMax));
    return size * count;
  }
  static int on_debug(CURL*, curl_infotype what, char* data, size_t size, void* self) {
    if (what == CURLINFO_HEADER_OUT && std::string_view(data, size).starts_with("RCPT "))
      static_cast<Job*>(self)->named_recipient = true;
    return 0;
  }
  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void* known) {
    auto& t = *static_cast<Transfers*>(self);
    if (what == CURL_POLL_REMOVE) {
      if (known != nullptr) t.loop_.forget(fd);
      return 0;
    }
    const uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0U) | (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
    if (known != nullptr) {
      t.loop_.change(fd, events);
      return 0;
    }
    t.loop_.watch(fd, events, [&t, fd](uint32_t seen) {
      t.drive(fd, (seen & EPOLLIN ? CURL_CSELECT_IN : 0) | (seen & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                      (seen & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0));
    });
    curl_multi_assign(t.multi_, fd, self);
    return 0;
  }
  static int on_timer(CURLM*, long wait_ms, void* self) {
    auto& t = *static_cast<Transfers*>(self);
    if (t.timer_ != 0) t.loop_.cancel(t.timer_);
    t.timer_ = wait_ms < 0 ? 0
                           : t.loop_.after(
                                 milliseconds(wait_ms),
                                 [&t] {
                                   t.timer_ = 0;
                                   t.drive(CURL_SOCKET_TIMEOUT, 0);
                                 });
    return 0;
  }
};

namespace {

// A constant of libcurl says that it keeps no pointer.
curl_blob blob_of(std::string& text) { return {text.data(), text.size(), CURL_BLOB_COPY}; }

void common(CURL* easy, std::string& ca, Duration longest) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(longest.us / 1000));
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  if (ca.empty()) return;
  curl_blob blob = blob_of(ca);
  curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
}

}  // namespace

Transfers::Transfers(Loop& loop, Duration longest) : loop_(loop), longest_(longest) {
  static const bool kStarted = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  PN_CHECK(kStarted);
  multi_ = curl_multi_init();
  PN_CHECK(multi_ != nullptr);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Callbacks::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Callbacks::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

Transfers::~Transfers() {
  for (auto& [easy, job] : jobs_) curl_multi_remove_handle(multi_, easy);
  jobs_.clear();
  curl_multi_cleanup(multi_);
  if (timer_ != 0) loop_.cancel(timer_);
}

void Transfers::start(MailTransfer mail, Done done) {
  auto job = std::make_unique<Job>();
  job->easy = curl_easy_init();
  PN_CHECK(job->easy != nullptr);
  job->body = std::move(mail.message);
  job->smtp = true;
  job->done = std::move(done);
  job->recipients = curl_slist_append(nullptr, fmt::format("<{}>", mail.to).c_str());
  common(job->easy, mail.ca, longest_);
  curl_easy_setopt(job->easy, CURLOPT_PROTOCOLS_STR, "smtp");
  curl_easy_setopt(job->easy, CURLOPT_URL, fmt::format("smtp://{}/{}", to_string(mail.server), mail.helo).c_str());
  curl_easy_setopt(job->easy, CURLOPT_MAIL_FROM, fmt::format("<{}>", mail.from).c_str());
  curl_easy_setopt(job->easy, CURLOPT_MAIL_RCPT, job->recipients);
  curl_easy_setopt(job->easy, CURLOPT_DEBUGFUNCTION, &Callbacks::on_debug);
  curl_easy_setopt(job->easy, CURLOPT_DEBUGDATA, job.get());
  curl_easy_setopt(job->easy, CURLOPT_VERBOSE, 1L);  // or it tells nothing of the commands it sends
  if (!mail.user.empty()) {
    curl_easy_setopt(job->easy, CURLOPT_USERNAME, mail.user.c_str());
    curl_easy_setopt(job->easy, CURLOPT_PASSWORD, mail.password.c_str());
  }
  curl_easy_setopt(job->easy, CURLOPT_USE_SSL, static_cast<long>(mail.require_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  const bool verifies = mail.require_tls && !mail.ca.empty();
  curl_easy_setopt(job->easy, CURLOPT_SSL_VERIFYPEER, verifies ? 1L : 0L);
  curl_easy_setopt(job->easy, CURLOPT_SSL_VERIFYHOST, 0L);  // it is reached by its address
  curl_easy_setopt(job->easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(job->easy, CURLOPT_READFUNCTION, &Callbacks::give);
  curl_easy_setopt(job->easy, CURLOPT_READDATA, job.get());
  curl_easy_setopt(job->easy, CURLOPT_HEADERFUNCTION, &Callbacks::hear);
  curl_easy_setopt(job->easy, CURLOPT_HEADERDATA, job.get());
  add(std::move(job));
}

void Transfers::start(PostTransfer post, Done done) {
  auto job = std::make_unique<Job>();
  job->easy = curl_easy_init();
  PN_CHECK(job->easy != nullptr);
  job->body = std::move(post.body);
  job->done = std::move(done);
  for (const std::string& header : post.headers) job->headers = curl_slist_append(job->headers, header.c_str());
  job->places = curl_slist_append(nullptr, fmt::format("::{}", to_string(post.connect_to)).c_str());
  common(job->easy, post.ca, longest_);
  curl_easy_setopt(job->easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(job->easy, CURLOPT_URL, post.url.c_str());
  curl_easy_setopt(job->easy, CURLOPT_CONNECT_TO, job->places);
  curl_easy_setopt(job->easy, CURLOPT_HTTPHEADER, job->headers);
  curl_easy_setopt(job->easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(job->body.size()));
  curl_easy_setopt(job->easy, CURLOPT_POSTFIELDS, job->body.c_str());
  curl_easy_setopt(job->easy, CURLOPT_WRITEFUNCTION, &Callbacks::hear);
  curl_easy_setopt(job->easy, CURLOPT_WRITEDATA, job.get());
  add(std::move(job));
}

void Transfers::add(std::unique_ptr<Job> job) {
  curl_easy_setopt(job->easy, CURLOPT_ERRORBUFFER, job->error.data());
  CURL* easy = job->easy;
  jobs_[easy] = std::move(job);
  PN_CHECK(curl_multi_add_handle(multi_, easy) == CURLM_OK);
}

void Transfers::drive(int fd, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, fd, events, &running);
  finish_done();
}

void Transfers::finish_done() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;
    const auto it = jobs_.find(easy);
    const std::unique_ptr<Job> job = std::move(it->second);
    jobs_.erase(it);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(multi_, easy);
    Transferred out;
    out.status = static_cast<int>(status);
    out.answer = job->answer;
    out.named_recipient = job->named_recipient;
    // A refusal is an answer too: libcurl calls it an error, with the reply's code beside it.
    out.reached = code == CURLE_OK || status >= 400;
    if (!out.reached) out.why = job->error[0] != '\0' ? job->error.data() : curl_easy_strerror(code);
    job->done(std::move(out));
  }
}

}  // namespace postern::sys
