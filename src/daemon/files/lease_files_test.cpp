// SPDX-License-Identifier: Apache-2.0
// With real files, renamed as Kea renames them.
#include "daemon/files/lease_files.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace postern::daemon {
namespace {

namespace fs = std::filesystem;

class Leases : public testing::Test {
 protected:
  void SetUp() override {
    std::string form = (fs::temp_directory_path() / "postern-leases-XXXXXX").string();
    folder_ = ::mkdtemp(form.data());
    file_ = folder_ + "/leases4.csv";
    settings::Dhcp dhcp;
    dhcp.servers.push_back({.name = "kea", .leases4 = file_, .leases6 = {}});
    files_.set(dhcp);
  }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const std::string& suffix, const std::string& text) const { std::ofstream(file_ + suffix) << text; }
  void rename(const std::string& from, const std::string& to) const { fs::rename(file_ + from, file_ + to); }

  // What a reader would see, a letter for a file; the one that is followed in capitals.
  static std::string told(const std::vector<LeaseFiles::Opened>& files) {
    std::string out;
    for (const auto& f : files) {
      char letter = '?';
      EXPECT_EQ(::read(f.fd.get(), &letter, 1), 1);
      if (f.first) out += '>';
      out += f.last ? static_cast<char>(letter - 32) : letter;
    }
    return out;
  }

  std::string folder_;
  std::string file_;
  LeaseFiles files_;
};

TEST_F(Leases, OneFileUntilItIsAnotherOne) {
  write("", "a");
  EXPECT_EQ(told(files_.whole()), ">A");
  EXPECT_EQ(told(files_.changed()), "");
  rename("", ".1");
  EXPECT_EQ(told(files_.changed()), "") << "there is no new one yet";
  EXPECT_FALSE(files_.fault().empty());
  write("", "b");
  EXPECT_EQ(told(files_.changed()), "B");
  EXPECT_TRUE(files_.fault().empty());
  EXPECT_EQ(told(files_.changed()), "");
  EXPECT_EQ(told(files_.whole()), ">aB");
}

TEST_F(Leases, WhatTheCleanUpLeft) {
  write("", "c");
  write(".1", "b");
  write(".2", "a");
  EXPECT_EQ(told(files_.whole()), ">abC");
  write(".completed", "m");
  EXPECT_EQ(told(files_.whole()), ">mC") << "it holds what .2 and .1 say";
}

TEST_F(Leases, AFileThatWasMissedMeansAllOfThem) {
  write("", "a");
  EXPECT_EQ(told(files_.whole()), ">A");
  rename("", ".2");
  write(".1", "b");
  write("", "c");
  EXPECT_EQ(told(files_.changed()), ">abC");
}

TEST_F(Leases, NothingButFiles) {
  write(".secret", "s");
  fs::create_symlink(file_ + ".secret", file_);
  EXPECT_EQ(told(files_.whole()), "");
  EXPECT_FALSE(files_.fault().empty());
  fs::remove(file_);
  fs::create_directory(file_);
  EXPECT_EQ(told(files_.changed()), "");
  fs::remove(file_);
  write("", "a");
  EXPECT_EQ(told(files_.changed()), ">A");
  EXPECT_EQ(files_.opened(), 1U);
}

}  // namespace
}  // namespace postern::daemon
