// SPDX-License-Identifier: Apache-2.0
// With real files, written and replaced as people and programs do.
#include "daemon/files/watched_file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace postern::daemon {
namespace {

namespace fs = std::filesystem;

class Watched : public testing::Test {
 protected:
  void SetUp() override {
    std::string form = (fs::temp_directory_path() / "postern-watched-XXXXXX").string();
    folder_ = ::mkdtemp(form.data());
    path_ = folder_ + "/list";
  }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const std::string& text) const { std::ofstream(path_) << text; }
  static std::string told(const std::optional<sys::Fd>& file) {
    return file ? sys::read_whole(file->get(), 100).value_or("?") : "-";
  }

  std::string folder_;
  std::string path_;
  WatchedFile file_;
};

TEST_F(Watched, OnceItLiesStill) {
  write("a");
  file_.set(path_);
  EXPECT_EQ(told(file_.now()), "a");
  EXPECT_EQ(told(file_.changed()), "-");
  write("bb");
  EXPECT_EQ(told(file_.changed()), "-") << "it may not be whole yet";
  write("bbb");
  EXPECT_EQ(told(file_.changed()), "-");
  EXPECT_EQ(told(file_.changed()), "bbb");
  EXPECT_EQ(told(file_.changed()), "-");
  std::ofstream(path_ + ".new") << "ccc";
  fs::rename(path_ + ".new", path_);
  EXPECT_EQ(told(file_.changed()), "-");
  EXPECT_EQ(told(file_.changed()), "ccc") << "another file of the same length";
  EXPECT_EQ(told(file_.now()), "ccc") << "for another reader";
}

TEST_F(Watched, OneThatIsNotThere) {
  EXPECT_EQ(told(file_.now()), "-");
  EXPECT_TRUE(file_.fault().empty()) << "none is wanted";
  file_.set(path_);
  EXPECT_EQ(told(file_.now()), "-");
  EXPECT_NE(file_.fault().find("no file that can be read"), std::string::npos);
  write("a");
  EXPECT_EQ(told(file_.changed()), "-");
  EXPECT_EQ(told(file_.changed()), "a");
  EXPECT_TRUE(file_.fault().empty());
  fs::rename(path_, path_ + ".away");
  (void)file_.changed();
  EXPECT_EQ(told(file_.changed()), "-");
  EXPECT_FALSE(file_.fault().empty());
  fs::rename(path_ + ".away", path_);
  EXPECT_EQ(told(file_.changed()), "-") << "nothing is new in it";
  EXPECT_TRUE(file_.fault().empty());
  fs::remove(path_);
  fs::create_directory(path_);
  EXPECT_EQ(told(file_.changed()), "-");
  EXPECT_EQ(told(file_.changed()), "-");
  EXPECT_FALSE(file_.fault().empty());
  fs::remove(path_);
  write("a");
  file_.set(path_);
  (void)file_.changed();
  EXPECT_EQ(told(file_.changed()), "a");
  file_.set("");
  EXPECT_EQ(told(file_.now()), "-");
}

}  // namespace
}  // namespace postern::daemon
