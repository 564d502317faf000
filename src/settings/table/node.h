// SPDX-License-Identifier: Apache-2.0
// Node: a TOML document as a plain tree with places. The TOML library stays behind node.cpp.
// parse_toml takes foreign bytes: bounded by the size the caller checked, kDotsPerLineMax and kDepthMax.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "settings/table/report.h"

namespace postern::settings {

struct Node {
  enum class Kind : uint8_t { table, array, text, integer, decimal, flag, date };

  struct Member;

  Kind kind = Kind::table;
  Position at;
  std::string text;
  int64_t integer = 0;
  double decimal = 0;
  bool flag = false;
  std::vector<Member> members;  // of a table, in file order
  std::vector<Node> items;      // of an array

  // nullptr when there is none or this is no table.
  [[nodiscard]] const Node* find(std::string_view key) const;
};

struct Node::Member {
  std::string key;
  Position at;  // of the key
  Node value;
};

// "a whole number", "text": for messages.
[[nodiscard]] std::string_view kind_name(Node::Kind kind);

inline constexpr size_t kDepthMax = 8;          // tables and arrays within each other
inline constexpr size_t kDotsPerLineMax = 16;   // outside strings: bounds dotted keys, which nest one table per dot
inline constexpr size_t kSyntaxFaultsMax = 20;  // lines blanked to look for further syntax faults

// The tree of what could be read. After a syntax error the line is left out and reading goes on where that is safe;
// `whole` is false then, and the caller must not complain about what is missing.
struct Document {
  Node root;
  bool whole = true;
};
[[nodiscard]] Document parse_toml(std::string_view text, Report& report);

}  // namespace postern::settings
