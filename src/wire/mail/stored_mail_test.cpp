// SPDX-License-Identifier: Apache-2.0
// Bounces and feedback reports of many mail servers, stored outside of the project (POSTERN_DATA): their absence is
// shown and is no failure.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <memory>

#include "wire/mail/heard_mail.h"

namespace postern::wire {
namespace {

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), &::pclose);
  std::string out;
  std::array<char, 4096> chunk{};
  while (const size_t n = std::fread(chunk.data(), 1, chunk.size(), pipe.get())) out.append(chunk.data(), n);
  return out;
}

class StoredMail : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("POSTERN_DATA");
    if (folder == nullptr) GTEST_SKIP() << "SKIP: POSTERN_DATA does not name the folder of stored mails";
    archive = std::string(folder) + "/arf/sisimai-arf-and-bounces.tar.xz";
    std::string names = output_of("tar -tJf " + archive);
    for (size_t end = 0; (end = names.find('\n')) != std::string::npos; names.erase(0, end + 1))
      if (names.substr(0, end).ends_with(".eml"))
        mails[names.substr(0, end)] = read_mail(output_of("tar -xJOf " + archive + " " + names.substr(0, end)), "");
  }
  std::string archive;
  std::map<std::string, HeardMail> mails;
};

TEST_F(StoredMail, HowManyAreUnderstood) {
  size_t bounces = 0;
  size_t with_original = 0;
  std::map<MailKind, size_t> kinds;
  std::string missed;
  for (const auto& [name, mail] : mails) {
    if (name.contains("arf-")) {
      // Some of them are older than RFC 5965; none may look like what it is not.
      EXPECT_TRUE(mail.kind == MailKind::report || mail.kind == MailKind::automatic) << name;
      continue;
    }
    ++bounces;
    ++kinds[mail.kind];
    with_original += mail.named.empty() ? 0 : 1;
    if (mail.kind != MailKind::bounce && mail.kind != MailKind::no_bounce) missed += " " + name;
    EXPECT_TRUE(mail.kind != MailKind::bounce || !mail.status.empty()) << name;
  }
  fmt::print("{} stored bounces: {} failed, {} delayed, {} not understood ({}); {} name the mail they are about\n",
             bounces, kinds[MailKind::bounce], kinds[MailKind::no_bounce],
             bounces - kinds[MailKind::bounce] - kinds[MailKind::no_bounce], missed, with_original);
  EXPECT_EQ(bounces, 33U);
  EXPECT_EQ(kinds[MailKind::no_bounce], 2U);
  EXPECT_GE(kinds[MailKind::bounce], 28U);
}

}  // namespace
}  // namespace postern::wire
