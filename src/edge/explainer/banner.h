// SPDX-License-Identifier: Apache-2.0
// The words the explainer says. Pure: settings and a line's state in, reply bytes out. Everything that does not depend
// on the connection is put together once; greeting one is a few copies into the caller's buffer, without allocation.
//
// Mail servers log the first line, the last line or all of them, so each line says something whole and the last one
// has provider, reference and address. RFC 5321 4.2 (replies, multi-line form), 4.5.3.1.5 (512 octets a line), RFC 3463
// (5.7.1, 4.7.1). The provider is named, the server that was called never is. 7 bit only (RFC 5321 4.2): letters of
// Latin-1 in the provider's name are spelt out, others become '?'.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "model/line.h"
#include "tables/reference.h"

namespace postern::edge::explainer {

// [provider] of postern.toml.
struct BannerTexts {
  std::string provider;    // name, as its customers know it
  std::string url;         // base of the notice page, "https://mail.example.net"; the page is URL/r/REFERENCE
  std::string relay_host;  // empty = the customer's own mail provider
  std::string contact;     // mail address; may be empty
  std::string phone;       // may be empty
};

inline constexpr size_t kReplyLineMax = 512;  // with CRLF
inline constexpr size_t kReplyLinesMax = 5;
using ReplyBuffer = std::array<char, kReplyLineMax * kReplyLinesMax>;

class Banner {
 public:
  // bad_input names the setting: empty or too long for a reply line, control characters, or (not in the name) 8 bit.
  [[nodiscard]] static Result<Banner> make(const BannerTexts& texts);

  // 554, several lines: the line is closed. With `listed` the line may call some servers, not this one.
  [[nodiscard]] std::string_view closed(ReplyBuffer& out, model::Reason reason, bool listed,
                                        const tables::ReferenceText& reference) const;
  // 421: allowed, over its limits for now. `until` is the latest time at which a connection passes again.
  [[nodiscard]] std::string_view limited(ReplyBuffer& out, const model::Limits& limits, Time until,
                                         const tables::ReferenceText& reference) const;
  // 503 for any command but QUIT after a 554 greeting (RFC 5321 3.1).
  [[nodiscard]] std::string_view no_service(ReplyBuffer& out, const tables::ReferenceText& reference) const;
  // 221.
  [[nodiscard]] std::string_view goodbye() const { return goodbye_; }

 private:
  // What stands before the first and between the two places of a reference.
  struct LastLine {
    std::string before;
    std::string_view finish(ReplyBuffer& out, size_t at, const std::string& url_r,
                            const tables::ReferenceText& reference) const;
  };
  static constexpr size_t kReasons = model::pn_names_of_Reason.size();

  std::array<std::string, kReasons> closed_;  // all lines but the last, by reason
  std::string listed_;
  LastLine closed_last_;
  LastLine no_service_;
  std::string limited_head_;  // "421-4.7.1 SERVER NAME "
  std::string provider_;
  std::string url_r_;  // "https://mail.example.net/r/"
  std::string goodbye_;
};

// The latest time at which an empty bucket of `limits` lets a connection pass again, rounded up to a second: one token
// of connections and one of networks. Without limits (the verdict changed while the client called): in a minute.
[[nodiscard]] Time passes_again(const model::Limits& limits, Time now);

}  // namespace postern::edge::explainer
