// SPDX-License-Identifier: Apache-2.0
// Transfers: requests to other machines, by libcurl on the event loop: SMTP for one mail (RFC 5321), HTTP POST for one
// message. Nothing here resolves names but what `connect_to` says, follows a redirect, uses a proxy or reads a file.
// One thread; `done` is called once for each, from the loop, never from within start().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "sys/loop.h"

namespace postern::sys {

// What it came to.
struct Transferred {
  bool reached = false;  // the other side gave an answer that was understood; else `why`
  int status = 0;        // the last SMTP reply or HTTP status
  std::string answer;    // its text, at most kAnswerMax
  std::string why;
  bool named_recipient = false;  // SMTP: the server was told who the mail is for
};
inline constexpr size_t kAnswerMax = 1'024;

struct MailTransfer {
  Endpoint server;
  std::string helo;
  std::string from;  // envelope
  std::string to;
  std::string message;  // RFC 5322, CRLF line ends
  bool require_tls = false;
  std::string ca;    // PEM; empty with require_tls = encrypted without a known name
  std::string user;  // AUTH, only after STARTTLS; empty = none
  std::string password;
};
struct PostTransfer {
  std::string url;
  Endpoint connect_to;  // where the host of the URL is
  std::vector<std::string> headers;
  std::string body;
  std::string ca;  // PEM of who may sign the server's certificate; https without it is refused
};

class Transfers {
 public:
  using Done = std::function<void(Transferred)>;
  Transfers(Loop& loop, Duration longest);
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  void start(MailTransfer mail, Done done);
  void start(PostTransfer post, Done done);
  [[nodiscard]] size_t under_way() const { return jobs_.size(); }

 private:
  struct Job;
  struct Callbacks;
  void add(std::unique_ptr<Job> job);
  void drive(int fd, int events);
  void finish_done();

  Loop& loop_;
  Duration longest_;
  void* multi_;
  Loop::TimerId timer_ = 0;
  std::map<void*, std::unique_ptr<Job>> jobs_;
};

}  // namespace postern::sys
