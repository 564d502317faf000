// SPDX-License-Identifier: Apache-2.0
#include "observe/mirror/filter.h"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <utility>

#include "base/check.h"

namespace postern::observe::mirror {
namespace {

enum Label : uint8_t {
  kNext,
  kInner,
  kInnermost,
  kType,
  kPppoe4,
  kPppoe6,
  kPppoe,
  kIp4,
  kIp4Known,
  kIp6,
  kIp6Known,
  kTransport,
  kHttp,
  kUdp,
  kSmall,
  kPass,
  kDrop,
  kLabels
};
enum Scratch : uint8_t { kProtocol, kLength };

// Jumps go to labels further down; finish() turns them into distances.
class Program {
 public:
  void label(Label here) { at_[here] = lines_.size(); }
  void plain(uint16_t code, uint32_t k = 0) { lines_.push_back({code, k, kNext, kNext}); }
  void jump(Label to) { lines_.push_back({BPF_JMP | BPF_JA, 0, to, kNext}); }
  void jump_if(uint16_t test, uint32_t k, Label yes, Label no = kNext) {
    lines_.push_back({static_cast<uint16_t>(BPF_JMP | test | BPF_K), k, yes, no});
  }
  void jump_if_any(std::initializer_list<uint32_t> values, Label yes) {
    for (const uint32_t v : values) jump_if(BPF_JEQ, v, yes);
  }
  void half(uint32_t k) { plain(BPF_LD | BPF_H | BPF_IND, k); }  // at X + k
  void octet(uint32_t k) { plain(BPF_LD | BPF_B | BPF_IND, k); }
  void go_on_by(uint32_t octets) {
    plain(BPF_MISC | BPF_TXA);
    plain(BPF_ALU | BPF_ADD | BPF_K, octets);
    plain(BPF_MISC | BPF_TAX);
  }
  // X += 4 * the number in bits 2 to 5 of A.
  void go_on_by_header() {
    plain(BPF_ALU | BPF_AND | BPF_K, 0x3c);
    plain(BPF_ALU | BPF_ADD | BPF_X);
    plain(BPF_MISC | BPF_TAX);
  }

  [[nodiscard]] std::vector<sock_filter> finish() const {
    std::vector<sock_filter> out;
    for (const Line& line : lines_) {
      const auto distance = [&](Label to) -> uint32_t {
        if (to == kNext) return 0;
        PN_CHECK(at_[to] > out.size());
        return static_cast<uint32_t>(at_[to] - out.size() - 1);
      };
      sock_filter made{line.code, 0, 0, line.k};
      if (line.code == (BPF_JMP | BPF_JA)) {
        made.k = distance(line.yes);
      } else if (BPF_CLASS(line.code) == BPF_JMP) {
        PN_CHECK(distance(line.yes) < 256 && distance(line.no) < 256);
        made.jt = static_cast<uint8_t>(distance(line.yes));
        made.jf = static_cast<uint8_t>(distance(line.no));
      }
      out.push_back(made);
    }
    return out;
  }

 private:
  struct Line {
    uint16_t code;
    uint32_t k;
    Label yes;
    Label no;
  };
  std::vector<Line> lines_;
  std::array<size_t, kLabels> at_{};
};

// X stands on the IP header then.
void link_layer(Program& p) {
  constexpr std::array<std::pair<uint32_t, Label>, 2> kTagged{{{12, kInner}, {16, kInnermost}}};
  for (const auto& [type_at, inner] : kTagged) {
    p.plain(BPF_LDX | BPF_W | BPF_IMM, type_at + 2);
    p.plain(BPF_LD | BPF_H | BPF_ABS, type_at);
    p.jump_if_any({0x8100, 0x88a8, 0x9100}, inner);
    p.jump(kType);
    p.label(inner);
  }
  p.plain(BPF_LDX | BPF_W | BPF_IMM, 22);
  p.plain(BPF_LD | BPF_H | BPF_ABS, 20);
  p.label(kType);
  p.jump_if(BPF_JEQ, 0x0800, kIp4);
  p.jump_if(BPF_JEQ, 0x86dd, kIp6);
  p.jump_if_any({0x8847, 0x8848}, kPass);
  p.jump_if(BPF_JEQ, 0x8864, kPppoe, kDrop);
  p.label(kPppoe);
  p.half(6);
  p.jump_if(BPF_JEQ, 0x0021, kPppoe4);
  p.jump_if(BPF_JEQ, 0x0057, kPppoe6, kDrop);
  p.label(kPppoe6);
  p.go_on_by(8);
  p.jump(kIp6);
  p.label(kPppoe4);
  p.go_on_by(8);
}

// X stands on the TCP or UDP header then, A is the protocol.
void ip_layer(Program& p) {
  p.label(kIp4);
  p.half(6);
  p.jump_if(BPF_JSET, 0x1fff, kDrop);
  p.half(2);
  p.plain(BPF_ST, kLength);
  p.octet(9);
  p.plain(BPF_ST, kProtocol);
  p.jump_if_any({6, 17}, kIp4Known);
  p.jump(kDrop);
  p.label(kIp4Known);
  p.octet(0);
  p.plain(BPF_ALU | BPF_LSH | BPF_K, 2);
  p.go_on_by_header();
  p.jump(kTransport);
  p.label(kIp6);
  p.half(4);
  p.plain(BPF_ST, kLength);
  p.octet(6);
  p.plain(BPF_ST, kProtocol);
  p.jump_if_any({6, 17}, kIp6Known);
  p.jump_if_any({0, 43, 44, 51, 60}, kPass);
  p.jump(kDrop);
  p.label(kIp6Known);
  p.go_on_by(40);
  p.label(kTransport);
  p.plain(BPF_LD | BPF_MEM, kProtocol);
}

void transport_layer(Program& p) {
  p.jump_if(BPF_JEQ, 17, kUdp);
  p.octet(13);
  p.jump_if(BPF_JSET, 0x07, kPass);
  p.half(2);
  p.jump_if_any({25, 465, 587, 2525}, kSmall);
  p.half(0);
  p.jump_if_any({25, 465, 587, 2525}, kSmall);
  p.jump_if(BPF_JEQ, 53, kPass);
  p.octet(12);
  p.plain(BPF_ALU | BPF_RSH | BPF_K, 2);
  p.go_on_by_header();
  p.plain(BPF_LD | BPF_W | BPF_IND, 0);
  p.jump_if_any({0x32323020, 0x3232302d}, kPass);  // "220 ", "220-"
  p.jump_if_any({0x434f4e4e}, kPass);              // "CONN"
  // SOCKS 5: request and yes, by kind of address; SOCKS 4: request for a mail port.
  p.jump_if_any({0x05010001, 0x05010003, 0x05010004, 0x05000001, 0x05000003, 0x05000004}, kPass);
  p.jump_if_any({0x04010019, 0x040101d1, 0x0401024b, 0x040109dd}, kPass);
  p.jump_if(BPF_JEQ, 0x48545450, kHttp);  // "HTTP"
  p.plain(BPF_ALU | BPF_OR | BPF_K, 0x20202020);
  p.jump_if_any({0x65686c6f, 0x68656c6f}, kPass);  // "ehlo", "helo"
  p.plain(BPF_LD | BPF_H | BPF_IND, 0);
  p.jump_if(BPF_JEQ, 0x005a, kPass, kDrop);  // SOCKS 4: yes; of other octets one segment in 65,536
  p.label(kHttp);
  p.plain(BPF_LD | BPF_W | BPF_IND, 13);
  p.plain(BPF_ALU | BPF_OR | BPF_K, 0x20202020);
  p.jump_if(BPF_JEQ, 0x636f6e6e, kPass, kDrop);  // "HTTP/1.1 200 conn"
  p.label(kSmall);
  p.plain(BPF_LD | BPF_MEM, kLength);
  p.jump_if(BPF_JGT, kSmallOctets, kDrop, kPass);
  p.label(kUdp);
  p.half(0);
  p.jump_if(BPF_JEQ, 53, kPass, kDrop);
}

}  // namespace

std::vector<sock_filter> make_filter() {
  Program p;
  link_layer(p);
  ip_layer(p);
  transport_layer(p);
  p.label(kPass);
  p.plain(BPF_RET | BPF_K, kSnapOctets);
  p.label(kDrop);
  p.plain(BPF_RET | BPF_K, 0);
  return p.finish();
}

}  // namespace postern::observe::mirror
