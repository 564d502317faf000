// SPDX-License-Identifier: Apache-2.0
// Datagrams of real exporters, stored outside of the project (POSTERN_DATA): their absence is shown and is no failure.
#include <gtest/gtest.h>
#include <set>

#include "wire/traffic/flow/flow_export.h"
#include "wire/traffic/packet/packets_test.h"

namespace postern::wire {
namespace {
using namespace testing;

std::string archive() {
  const char* folder = std::getenv("POSTERN_DATA");
  return folder == nullptr ? "" : std::string(folder) + "/flow-exports/flow-exports.tar.xz";
}
Bytes member(const std::string& name) { return output_of("tar -xJOf " + archive() + " ./" + name); }

struct Read {
  std::vector<model::Flow> flows;
  uint64_t broken = 0;
};
Read read(std::initializer_list<std::string> members) {
  Read out;
  FlowExport decoder({}, [&](const model::Flow& f) { out.flows.push_back(f); });
  for (const std::string& m : members) decoder.decode(IpAddress::v4(1), Time{}, member(m));
  for (const FlowFault why : {FlowFault::short_datagram, FlowFault::version, FlowFault::length,
                              FlowFault::template_broken, FlowFault::record_broken})
    out.broken += decoder.faults(why);
  return out;
}

std::string value_of(const std::string& line, const std::string& key) {
  const size_t at = line.find(key + "=");
  if (at == std::string::npos) return "";
  size_t from = at + key.size() + 1;
  if (line[from] == '"') ++from;
  return line.substr(from, line.find_first_of("\"u,", from) - from);
}

std::set<std::string> expected(const std::string& folder) {
  std::set<std::string> out;
  std::string all = text_of(member(folder + "/expected.out"));
  for (size_t at = 0; at < all.size();) {
    const size_t end = std::min(all.find('\n', at), all.size());
    const std::string line = all.substr(at, end - at);
    at = end + 1;
    if (value_of(line, "src").empty()) continue;
    out.insert(value_of(line, "src") + ' ' + value_of(line, "src_port") + ' ' + value_of(line, "dst") + ' ' +
               value_of(line, "dst_port") + ' ' + value_of(line, "in_bytes") + ' ' + value_of(line, "in_packets"));
  }
  return out;
}
std::set<std::string> got(const Read& r) {
  std::set<std::string> out;
  for (const model::Flow& f : r.flows)
    out.insert(to_string(f.source) + ' ' + std::to_string(f.source_port) + ' ' + to_string(f.destination) + ' ' +
               std::to_string(f.destination_port) + ' ' + std::to_string(f.bytes) + ' ' + std::to_string(f.packets));
  return out;
}

class Stored : public ::testing::Test {
 protected:
  void SetUp() override {
    if (archive().empty()) GTEST_SKIP() << "SKIP: POSTERN_DATA does not name the folder of stored exports";
  }
};

TEST_F(Stored, AsAnotherCollectorReadsThem) {
  const std::string t = "telegraf/testcases/";
  const Read five = read({t + "netflow_v5_example/netflow_v5.bin"});
  EXPECT_EQ(got(five), expected(t + "netflow_v5_example"));
  EXPECT_FALSE(five.flows.empty());
  const Read nine = read({t + "netflow_v9_example/netflow_v9.bin"});
  EXPECT_EQ(got(nine), expected(t + "netflow_v9_example"));
  EXPECT_EQ(five.broken + nine.broken, 0U);
}

TEST_F(Stored, DevicesOfTheField) {
  const std::string l = "logstash-codec-netflow/";
  struct Device {
    std::initializer_list<std::string> members;
    size_t flows;
  };
  for (const auto& [members, flows] : std::initializer_list<Device>{
           {{l + "netflow9_test_softflowd_tpl_data.dat"}, 7},
           {{l + "netflow9_test_nprobe_tpl.dat", l + "netflow9_test_nprobe_data.dat"}, 1},
           {{l + "netflow9_cisco_asr1001x_tpl259.dat"}, 25},
           {{l + "netflow9_test_cisco_asr9k_tpl260.dat", l + "netflow9_test_cisco_asr9k_data260.dat"}, 21},
           {{l + "netflow9_test_ubnt_edgerouter_tpl.dat", l + "netflow9_test_ubnt_edgerouter_data1024.dat"}, 8},
           {{l + "netflow9_test_paloalto_81_tpl256-263.dat",
             l + "netflow9_test_paloalto_81_data257_1flowset_in_large_zerofilled_packet.dat"},
            1},
           {{l + "netflow9_test_cisco_asa_1_tpl.dat", l + "netflow9_test_cisco_asa_1_data.dat"}, 14},
           {{l + "ipfix_test_openbsd_pflow_tpl.dat", l + "ipfix_test_openbsd_pflow_data.dat"}, 26},
           {{l + "ipfix_test_yaf_tpl45841.dat", l + "ipfix_test_yaf_data45841.dat"}, 1},
           {{l + "ipfix_test_netscaler_tpl.dat", l + "ipfix_test_netscaler_data.dat"}, 3},
           {{l + "ipfix.dat"}, 6},
       }) {
    const Read r = read(members);
    EXPECT_EQ(r.flows.size(), flows) << *members.begin();
    EXPECT_EQ(r.broken, 0U) << *members.begin();
  }
}

}  // namespace
}  // namespace postern::wire
