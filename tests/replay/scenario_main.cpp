// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <fstream>
#include <iterator>

#include "tests/replay/scenario.h"

int main(int argc, char** argv) {
  size_t faults = 0;
  for (int i = 1; i < argc; ++i) {
    std::ifstream in(argv[i]);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    auto found = postern::replay::run_scenario(argv[i], text);
    if (text.empty()) found.push_back(std::string(argv[i]) + ": empty or not there");
    for (const std::string& fault : found) std::fprintf(stderr, "%s\n", fault.c_str());
    std::printf("%s %s\n", found.empty() ? "ok    " : "FAILED", argv[i]);
    faults += found.size();
  }
  return argc < 2 || faults != 0 ? 1 : 0;
}
