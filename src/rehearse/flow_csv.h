// SPDX-License-Identifier: Apache-2.0
// Flow records as CSV, as the usual tools and data sets write them. A header names the columns; without one they are in
// the profile's usual order:
//   nfdump  `nfdump -o csv` (ts,te,td,sa,da,sp,dp,pr,flg,...,ipkt,ibyt); and NetFlow lists with date,flow_start,durat
//   (in
//           milliseconds),prot,src_ip_addr,src_port,dst_ip_addr,dst_port,flags,tos,packets,bytes,flows,label
//   argus   `ra` (StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,...,TotPkts,TotBytes,SrcBytes): one record
//           of both directions; flags before the "_" of State are the source's, those after it the destination's
//   ugr16   te,td,sa,da,sp,dp,pr,flg,fwd,stos,pkt,byt,label; te is the END of the flow, in whole seconds
// A header decides over the profile's name: columns are found by their names in any order. Times without a zone are
// taken as UTC. Bytes are foreign: pure, bounded, every line that cannot be used says why.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "model/flow.h"

namespace postern::rehearse {

PN_ENUM(Profile, nfdump, argus, ugr16)

// Why a line was not used.
PN_ENUM(Broken, too_long, columns, time, duration, address, port, protocol, flags, packets, header)

class FlowCsv {
 public:
  static constexpr size_t kColumnsMax = 128;

  explicit FlowCsv(std::optional<Profile> profile) : profile_(profile) {}

  // The flows of one line: none (header, empty line, comment, a protocol without ports), one, or two (both directions).
  // `flows` is cleared first.
  [[nodiscard]] std::optional<Broken> read(std::string_view line, std::vector<model::Flow>& flows);

  enum class Column : uint8_t {
    date,
    begin,
    end,
    seconds,
    millis,
    source,
    source_port,
    destination,
    destination_port,
    protocol,
    flags,
    packets,
    bytes,
    source_bytes,
    reverse_packets,
    reverse_bytes,
    count
  };

 private:
  using Places = std::array<int16_t, static_cast<size_t>(Column::count)>;
  using Fields = std::vector<std::string_view>;

  bool take_header(const Fields& fields);
  [[nodiscard]] std::string_view at(const Fields& fields, Column column) const;
  [[nodiscard]] std::optional<Broken> times(const Fields& fields, model::Flow& flow) const;
  [[nodiscard]] std::optional<Broken> record(const Fields& fields, std::vector<model::Flow>& flows) const;

  std::optional<Profile> profile_;
  bool begun_ = false;
  bool placed_ = false;
  bool over_ = false;
  Places places_{};
  size_t least_ = 0;  // columns a line has at least
  Fields fields_;
};

}  // namespace postern::rehearse
