// SPDX-License-Identifier: Apache-2.0
#include "observe/mail_intake/mail_intake.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <sys/socket.h>
#include <utility>

#include "sys/log.h"
#include "wire/mail/feedback/header.h"

namespace postern::observe::mail_intake {
namespace {

constexpr std::string_view kRoom = "mail_intake";
constexpr std::string_view kTaken = "250 2.0.0 taken";
constexpr std::string_view kLater = "451 4.3.2 cannot be written down now, try again later";
constexpr size_t kOutMax = size_t{64} * 1024;

}  // namespace

MailIntake::MailIntake(Config config, sys::Loop& loop, std::vector<sys::Fd> listeners, const tables::ContactTags& tags,
                       Emit emit, Clock clock)
    : config_(std::move(config)),
      address_(config_.address),
      reports_(config_.reports),
      loop_(loop),
      listeners_(std::move(listeners)),
      tags_(tags),
      emit_(std::move(emit)),
      clock_(std::move(clock)),
      left_in_minute_(config_.messages_per_min),
      minute_(clock_.monotonic()) {
  for (const sys::Fd& fd : listeners_) {
    if (!sys::set_nonblocking(fd.get())) continue;
    loop_.watch(fd.get(), EPOLLIN, [this, at = fd.get()](uint32_t) { on_listener(at); });
  }
  timer_ = loop_.every(seconds(1), [this] { tick(); });
}

MailIntake::~MailIntake() {
  loop_.cancel(timer_);
  for (const sys::Fd& fd : listeners_) loop_.forget(fd.get());
  for (const auto& [fd, session] : sessions_) loop_.forget(fd);
}

void MailIntake::on_listener(int listener) {
  for (;;) {
    sys::Fd fd(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;  // nobody waits, or no descriptor: they wait in the backlog
    if (sessions_.size() >= config_.sessions_max) {
      if (stats_.sessions_full++ == 0)
        sys::log(sys::Level::warning, kRoom, "INTAKE_FULL",
                 fmt::format("{} connections are open, no more are taken", config_.sessions_max));
      constexpr std::string_view kBusy = "421 4.3.2 too many connections\r\n";
      (void)::send(fd.get(), kBusy.data(), kBusy.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      continue;
    }
    ++stats_.sessions;
    const int at = fd.get();
    auto session = std::make_unique<Session>(Session{
        .fd = std::move(fd),
        .lmtp = wire::LmtpSession(config_.host, config_.limits, [this](std::string_view to) { return takes(to); }),
        .active = clock_.monotonic()});
    session->lmtp.greet(session->out);
    Session& s = *(sessions_[at] = std::move(session));
    loop_.watch(at, EPOLLIN, [this, at](uint32_t events) { on_session(at, events); });
    send(s);
  }
}

void MailIntake::on_session(int fd, uint32_t events) {
  const auto it = sessions_.find(fd);
  if (it == sessions_.end()) return;
  Session& s = *it->second;
  if (!s.out.empty()) return send(s);
  if (s.token == 0) return receive(s);
  // Nothing is asked of it now: it can only have gone.
  if ((events & (EPOLLERR | EPOLLHUP)) == 0) return;
  ++stats_.lost;
  close(fd);
}

void MailIntake::receive(Session& s) {
  std::array<char, 16'384> input;  // filled by the kernel
  const ssize_t n = ::recv(s.fd.get(), input.data(), input.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    stats_.lost += n < 0 ? 1 : 0;
    return close(s.fd.get());
  }
  s.active = clock_.monotonic();
  run(s, {input.data(), static_cast<size_t>(n)});
}

// What came, as far as it goes without an answer from the brain.
void MailIntake::run(Session& s, std::string_view bytes) {
  while (!s.over && s.token == 0 && !bytes.empty()) {
    const auto step = s.lmtp.take(bytes, s.out);
    s.over = step == wire::LmtpSession::Step::over;
    if (step == wire::LmtpSession::Step::message) on_message(s);
  }
  if (s.token != 0) s.rest.assign(bytes);
  send(s);
}

void MailIntake::on_message(Session& s) {
  const wire::LmtpMessage& message = s.lmtp.message();
  ++stats_.messages;
  stats_.cut += message.octets > message.kept.size() ? 1 : 0;
  if (!take_token()) {
    if (stats_.over_rate++ == 0)
      sys::log(sys::Level::warning, kRoom, "INTAKE_OVER_RATE",
               fmt::format("more than {} mails a minute come back", config_.messages_per_min));
    return s.lmtp.answer("452 4.3.1 too much mail at the moment, try again later", s.out);
  }
  if (const std::string trap = trap_among(message.recipients); !trap.empty()) {
    Word word = word_of_trap(trap, message.kept, config_.trusted, clock_.utc());
    ++traps_by_fate_[static_cast<size_t>(word.fate)];
    return emit(s, std::move(word.body));
  }
  const wire::HeardMail mail = wire::read_mail(message.kept, message.sender);
  if (is_for_reports(message.recipients)) return on_word(s, word_of_report(mail, message.kept, config_.trusted));
  Meaning meaning = meaning_of(mail, message.recipients, address_, tags_);
  count(meaning);
  emit(s, std::move(meaning.body));
}

void MailIntake::on_word(Session& s, Word word) {
  if (marks_.contains(word.mark)) word = {.fate = Fate::again, .who = word.who, .body = {}, .mark = 0};
  ++reports_by_fate_[static_cast<size_t>(word.fate)];
  const Time now = clock_.utc();
  if (!word.who.empty()) reporters_.add(word.who, now, word.fate != Fate::unlisted);
  if (const auto* c = std::get_if<model::Complaint>(&word.body); c != nullptr && !c->account.empty())
    accused_.add(c->account, now, false);
  stats_.reporters_gone = reporters_.gone();
  stats_.accounts_gone = accused_.gone();
  s.mark = word.mark;
  emit(s, std::move(word.body));
}

void MailIntake::emit(Session& s, model::ObservationBody body) {
  if (std::holds_alternative<std::monostate>(body)) return s.lmtp.answer(kTaken, s.out);
  ++stats_.emitted;
  s.token = next_token_++;
  waiting_[s.token] = s.fd.get();
  emit_(s.token, {0, clock_.utc(), std::move(body)});
}

bool MailIntake::takes(std::string_view recipient) const {
  return address_.is(recipient) || reports_.is(recipient) || config_.traps.contains(wire::lower_case(recipient));
}

std::string MailIntake::trap_among(const std::vector<std::string>& recipients) const {
  for (const std::string& r : recipients)
    if (std::string name = wire::lower_case(r); config_.traps.contains(name)) return name;
  return {};
}

bool MailIntake::is_for_reports(const std::vector<std::string>& recipients) const {
  return std::ranges::any_of(recipients, [this](const std::string& r) { return reports_.is(r); });
}

void MailIntake::remember(uint64_t mark) {
  if (mark == 0 || !marks_.insert(mark).second) return;
  marks_in_order_.push_back(mark);
  if (marks_in_order_.size() <= kMarksMax) return;
  marks_.erase(marks_in_order_.front());
  marks_in_order_.pop_front();
}

void MailIntake::count(const Meaning& meaning) {
  using enum wire::MailKind;
  const bool speaks_of_one = meaning.kind == bounce || meaning.kind == reply;
  if (speaks_of_one && !meaning.contact) {
    ++stats_.not_ours;
    return;
  }
  switch (meaning.kind) {
    case bounce:
      ++stats_.bounces;
      break;
    case reply:
      ++stats_.replies;
      break;
    case no_bounce:
      ++stats_.no_bounces;
      break;
    case automatic:
      ++stats_.automatic;
      break;
    case report:
      ++stats_.reports;
      break;
    case other:
      if (stats_.not_understood++ == 0)
        sys::log(sys::Level::info, kRoom, "INTAKE_NOT_UNDERSTOOD",
                 "a mail to the bounce address is neither a bounce nor an answer; it was taken and forgotten");
      break;
  }
}

bool MailIntake::take_token() {
  const Duration now = clock_.monotonic();
  if (now - minute_ >= minutes(1)) {
    minute_ = now;
    left_in_minute_ = config_.messages_per_min;
  }
  if (left_in_minute_ == 0) return false;
  --left_in_minute_;
  return true;
}

void MailIntake::journaled(uint64_t token) { settle(token, true); }

void MailIntake::forget_in_flight() {
  while (!waiting_.empty()) settle(waiting_.begin()->first, false);
}

void MailIntake::settle(uint64_t token, bool taken) {
  const auto it = waiting_.find(token);
  if (it == waiting_.end()) return;  // the session is gone; the mail comes again
  Session& s = *sessions_.at(it->second);
  waiting_.erase(it);
  stats_.not_journaled += taken ? 0 : 1;
  s.token = 0;
  if (const uint64_t mark = std::exchange(s.mark, 0); taken) remember(mark);
  s.active = clock_.monotonic();
  s.lmtp.answer(taken ? kTaken : kLater, s.out);
  const std::string rest = std::exchange(s.rest, {});
  run(s, rest);
}

void MailIntake::send(Session& s) {
  while (!s.out.empty()) {
    const ssize_t n = ::send(s.fd.get(), s.out.data(), s.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN && s.out.size() <= kOutMax) break;
    if (n < 0) {
      ++stats_.lost;
      return close(s.fd.get());
    }
    s.out.erase(0, static_cast<size_t>(n));
  }
  if (s.over && s.out.empty()) return close(s.fd.get());
  watch(s);
}

void MailIntake::watch(const Session& s) {
  loop_.change(s.fd.get(), !s.out.empty() ? EPOLLOUT : s.token == 0 ? EPOLLIN : 0U);
}

void MailIntake::close(int fd) {
  const auto it = sessions_.find(fd);
  if (it->second->token != 0) waiting_.erase(it->second->token);
  loop_.forget(fd);
  sessions_.erase(it);
}

void MailIntake::tick() {
  const Duration now = clock_.monotonic();
  std::vector<int> idle;
  std::vector<uint64_t> owed;
  for (const auto& [fd, s] : sessions_) {
    if (s->token != 0 && now - s->active >= config_.journal_time) owed.push_back(s->token);
    if (s->token == 0 && now - s->active >= config_.idle_timeout) idle.push_back(fd);
  }
  for (const uint64_t token : owed) settle(token, false);
  for (const int fd : idle) {
    ++stats_.timed_out;
    close(fd);
  }
}

}  // namespace postern::observe::mail_intake
