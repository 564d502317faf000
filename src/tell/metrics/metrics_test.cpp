// SPDX-License-Identifier: Apache-2.0
#include "tell/metrics/metrics.h"

#include <gtest/gtest.h>

namespace postern::tell {
namespace {

std::string of(std::string_view status) { return metrics_of(wire::Json::parse(status, "status").value()); }

TEST(Metrics, EachNumberIsAMetricOfItsKind) {
  EXPECT_EQ(of(R"({"policy_revision": 7, "now": "2026-11-28T05:20:36Z", "classes": ["residential"],
                   "journal": {"records": 4}, "engine": {"healthy": true, "faults": ["a disk is full"],
                   "supervisor": {"restarts_edge_total": 1, "settings": "c8092b8e27ead164"},
                   "detection": {"acts_a_day": 12, "case_score_alone": "9.2"}, "counters": {"observations": 5}}})"),
            "# TYPE postern_detection_acts_a_day gauge\npostern_detection_acts_a_day 12\n"
            "# TYPE postern_detection_case_score_alone gauge\npostern_detection_case_score_alone 9.2\n"
            "# TYPE postern_engine_observations_total counter\npostern_engine_observations_total 5\n"
            "# TYPE postern_faults gauge\npostern_faults 1\n"
            "# TYPE postern_healthy gauge\npostern_healthy 1\n"
            "# TYPE postern_journal_records gauge\npostern_journal_records 4\n"
            "# TYPE postern_policy_revision gauge\npostern_policy_revision 7\n"
            "# TYPE postern_supervisor_restarts_edge_total counter\npostern_supervisor_restarts_edge_total 1\n");
}

TEST(Metrics, WhatSeveralProcessesCountStandsTogether) {
  EXPECT_EQ(of(R"({"engine": {"roles": {
                   "edge": {"heard": "2026-11-28T05:20:36.021628Z", "counters": {"garden.names": 3, "table_lines": 2}},
                   "web": {"counters": {"garden.names": 4}}, "gate": {"counters": {"counter.reset": 9, "lines": 1}}}}})"),
            "# TYPE postern_edge_table_lines gauge\npostern_edge_table_lines 2\n"
            "# TYPE postern_garden_names gauge\n"
            "postern_garden_names{role=\"edge\"} 3\npostern_garden_names{role=\"web\"} 4\n"
            "# TYPE postern_gate_lines gauge\npostern_gate_lines 1\n"
            "# TYPE postern_role_heard_timestamp_seconds gauge\n"
            "postern_role_heard_timestamp_seconds{role=\"edge\"} 1795843236\n");
}

TEST(Metrics, TheGateByReason) {
  EXPECT_EQ(of(R"({"gate": {"state": "in force", "interfaces": [{"name": "sub0"}],
                   "counters": {"drop_verdict": 3, "pass_relay": 8}}})"),
            "# TYPE postern_gate_events_total counter\npostern_gate_events_total{event=\"drop_verdict\"} 3\n"
            "postern_gate_events_total{event=\"pass_relay\"} 8\n"
            "# TYPE postern_gate_in_force gauge\npostern_gate_in_force 1\n"
            "# TYPE postern_gate_interfaces gauge\npostern_gate_interfaces 1\n");
  EXPECT_EQ(of(R"({"gate": {"error": "not heard of"}})"),
            "# TYPE postern_gate_in_force gauge\npostern_gate_in_force 0\n");
}

TEST(Metrics, OfNothingThereIsNothing) {
  EXPECT_EQ(of("{}"), "");
  EXPECT_EQ(of(R"({"engine": {"roles": 3, "counters": ["x"]}, "gate": null, "journal": "no"})"), "");
}

TEST(Metrics, ForeignTextStaysInItsLabel) {
  EXPECT_EQ(of(R"({"engine": {"roles": {"a\"b\nc": {"counters": {"x.y z": 1}}}}})"),
            "# TYPE postern_x_y_z gauge\npostern_x_y_z{role=\"a\\\"b\\nc\"} 1\n");
}

}  // namespace
}  // namespace postern::tell
