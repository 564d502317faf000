// SPDX-License-Identifier: Apache-2.0
#include "settings/check.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace postern::settings {
namespace {

namespace fs = std::filesystem;

class Check : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              (std::string("settings_check_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    settings_.store.directory = folder_;
    settings_.gate.pin_dir = folder_ / "postern";
    settings_.api.socket = folder_ / "api.sock";
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string client(const std::string& name, const std::string& secret, fs::perms mode) {
    const fs::path path = folder_ / name;
    std::ofstream(path) << secret;
    fs::permissions(path, mode);
    settings_.radius_acct.clients.push_back({parse_prefix("192.0.2.1").value(), path});
    return path;
  }

  Settings settings_;
  fs::path folder_;
};

TEST_F(Check, TheGroupOfTheApiMustExist) {
  settings_.api.group = "no-such-group-here";
  const Environment found = check_environment(settings_);
  ASSERT_EQ(found.faults.size(), 1U);
  EXPECT_EQ(found.faults[0].what, "api.group: there is no group \"no-such-group-here\"");
  EXPECT_TRUE(found.faults[0].fix.starts_with("groupadd --system no-such-group-here")) << found.faults[0].fix;
  settings_.api.group = "root";
  EXPECT_TRUE(check_environment(settings_).faults.empty());
}

TEST_F(Check, FindsNothingWrongAndSaysWhatItDidNotLookAt) {
  const std::string path = client("good", "secret\n", fs::perms::owner_read);
  const Environment e = check_environment(settings_);
  EXPECT_EQ(text_of(e.faults), "");
  EXPECT_NE(std::ranges::find(e.checked, "secret file " + path), e.checked.end());
  EXPECT_FALSE(e.unchecked.empty());
}

TEST_F(Check, SecretFiles) {
  const std::string open_to_all = client("open", "secret\n", fs::perms::owner_read | fs::perms::others_read);
  const std::string empty = client("empty", "", fs::perms::owner_read);
  settings_.radius_acct.clients.push_back({{}, folder_ / "absent"});
  settings_.radius_acct.clients.push_back({{}, folder_});
  const std::string absent = folder_ / "absent";
  EXPECT_EQ(text_of(check_environment(settings_).faults),
            open_to_all + ": others may read or write the secret file (chmod o= " + open_to_all + ")\n" + empty +
                ": the secret file is empty (write the shared secret into it)\n" + absent +
                ": the secret file does not exist (write the shared secret into its first line)\n" + folder_.string() +
                ": the secret file is not a regular file (name a file)\n");
}

TEST_F(Check, DirectoriesThatMustBeThere) {
  const std::string absent = folder_ / "absent";
  settings_.store.directory = absent;
  settings_.api.socket = absent + "/api.sock";
  EXPECT_EQ(text_of(check_environment(settings_).faults),
            absent + ": the store directory does not exist (install -d -m 0700 -o postern " + absent + ")\n" + absent +
                ": the directory of the API socket does not exist (install -d -m 0755 " + absent + ")\n");
}

TEST_F(Check, HintsAtWhatIsOftenAMistake) {
  settings_.network.subscriber_prefixes = {parse_prefix("100.64.0.0/16").value()};
  settings_.gate.source_validation = false;
  settings_.provider.url = "https://x.example";
  settings_.classes["residential"].connections_per_min = 5;
  const std::string nat =
      "network.subscriber_prefixes holds 100.64.0.0/16, which somebody translates (NAT): the gate must stand "
      "before the NAT, where each line still has its own address";
  EXPECT_EQ(hints_of(settings_),
            (std::vector<std::string>{
                nat, "network.subscriber_prefixes holds no IPv6: every IPv6 source is then unknown to the gate",
                "notice.listen is empty: nobody serves https://x.example/r/REFERENCE, which every greeting names",
                "radius_acct.listen is empty: only subscribers with fixed prefixes are known, all others are unknown",
                "neither [mail] nor [webhook] is set: only people who work off postern case calls tell customers",
                "gate.source_validation is off: a line can send from another line's address and be taken for it",
                "class residential has limits but is explain: they have no effect"}));
}

}  // namespace
}  // namespace postern::settings
