// SPDX-License-Identifier: Apache-2.0
#include "observe/mail_log/mail_log.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace postern::observe::mail_log {
namespace {

class Log : public testing::Test {
 protected:
  void make(size_t queue_max = 8) {
    log_ = std::make_unique<MailLog>(
        Config{.clients = {}, .queue_max = queue_max, .gone_max = 2}, loop_, std::vector<sys::Fd>{},
        MailLog::To{.final_word = [this](std::string_view a, std::string_view r,
                                         bool ok) { said_.push_back(fmt::format("{} {} {}", a, r, ok)); },
                    .login_failed = [this](std::string_view a,
                                           uint32_t n) { said_.push_back(fmt::format("{} wrong {}", a, n)); },
                    .tried = [this](const wire::PostfixLogLine& l) { tried_.emplace_back(l.queue_id); },
                    .removed = [this](std::string_view id) { removed_.emplace_back(id); }});
  }
  void submit(std::string_view id, std::string_view account) {
    log_->line(
        fmt::format("postfix/smtpd[1]: {}: client=x[192.0.2.1], sasl_method=PLAIN, sasl_username={}", id, account));
  }
  void word(std::string_view id, bool sent) {
    log_->line(fmt::format("postfix/smtp[1]: {}: to=<a@b.example>, relay=x, {} (x)", id,
                           sent ? "dsn=2.0.0, status=sent" : "dsn=5.1.1, status=bounced"));
  }

  sys::Loop loop_;
  std::unique_ptr<MailLog> log_;
  std::vector<std::string> said_;
  std::vector<std::string> tried_;
  std::vector<std::string> removed_;
};

TEST_F(Log, JoinsWordsToAccountsUntilTheMessageIsGone) {
  make();
  submit("AAAAAA1", "erika");
  word("AAAAAA1", true);
  word("AAAAAA1", false);
  word("BBBBBB1", true);
  log_->line("postfix/qmgr[1]: AAAAAA1: removed");
  word("AAAAAA1", true);
  EXPECT_EQ(said_, (std::vector<std::string>{"erika a@b.example true", "erika a@b.example false"}));
  EXPECT_EQ(log_->stats().unknown_message, 2U);
  EXPECT_EQ(log_->under_way(), 0U);
}

TEST_F(Log, TheOldestMessageGivesWay) {
  make(4);
  for (int i = 0; i < 100; ++i) submit(fmt::format("AAAAA{:03}", i), "erika");
  EXPECT_EQ(log_->under_way(), 4U);
  EXPECT_EQ(log_->stats().crowded, 96U);
  word("AAAAA099", true);
  word("AAAAA000", true);
  EXPECT_EQ(said_.size(), 1U);
}

TEST_F(Log, WhoseMessageItWasIsKnownByItsLongIdAfterItIsGone) {
  make();
  for (int i = 0; i < 4; ++i) {
    submit(fmt::format("4dJb7y2FW1z{:03}", i), fmt::format("user{}", i));
    if (i != 0) log_->line(fmt::format("postfix/qmgr[1]: 4dJb7y2FW1z{:03}: removed", i));
  }
  EXPECT_EQ(log_->account_of("4dJb7y2FW1z000"), "user0");
  EXPECT_EQ(log_->account_of("4dJb7y2FW1z001"), "");  // two later ones are gone
  EXPECT_EQ(log_->account_of("4dJb7y2FW1z002"), "user2");
  EXPECT_EQ(log_->account_of("4dJb7y2FW1z003"), "user3");
  submit("AAAAAA1", "erika");
  EXPECT_EQ(log_->account_of("AAAAAA1"), "");
  EXPECT_EQ(removed_.size(), 3U);
}

TEST_F(Log, EveryTryIsTold) {
  make();
  word("BBBBBB1", true);
  log_->line("postfix/smtp[1]: CCCCCC1: to=<a@b.example>, relay=x, dsn=4.7.1, status=deferred (later)");
  EXPECT_EQ(tried_, (std::vector<std::string>{"BBBBBB1", "CCCCCC1"}));
}

TEST_F(Log, WrongPasswords) {
  make();
  log_->line(
      "dovecot: imap-login: Disconnected (auth failed, 7 attempts in 9 secs): user=<erika>, method=PLAIN, "
      "rip=192.0.2.9, lip=203.0.113.25");
  EXPECT_EQ(said_, std::vector<std::string>{"erika wrong 7"});
}

}  // namespace
}  // namespace postern::observe::mail_log
