// SPDX-License-Identifier: Apache-2.0
// settings_reference man|schema|all-keys: prints what src/settings/reference/reference.h makes. The copies in the tree
// are kept by src/settings/reference/reference_test.cpp.
#include <cstdio>
#include <string>
#include <string_view>

#include "settings/reference/reference.h"

int main(int argc, char** argv) {
  using namespace postern::settings;
  const std::string_view what = argc == 2 ? argv[1] : "";
  std::string text;
  if (what == "man") {
    text = manual_page();
  } else if (what == "schema") {
    text = json_schema({});
  } else if (what == "all-keys") {
    text = all_keys_file();
  } else {
    std::fputs("usage: settings_reference man|schema|all-keys\n", stderr);
    return 2;
  }
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
