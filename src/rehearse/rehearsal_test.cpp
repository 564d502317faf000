// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include "base/check.h"
#include "rehearse/report.h"
#include "rehearse/source.h"

namespace postern::rehearse {
namespace {

constexpr const char* kHead = "te,td,sa,da,sp,dp,pr,flg,fwd,stos,pkt,byt,label\n";

class Folder {
 public:
  Folder() {
    std::string name = ::testing::TempDir() + "rehearse.XXXXXX";
    PN_CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name, const std::string& text) const {
    const std::string path = path_ + "/" + name;
    std::FILE* out = std::fopen(path.c_str(), "wb");
    PN_CHECK(out != nullptr && std::fwrite(text.data(), 1, text.size(), out) == text.size());
    PN_CHECK(std::fclose(out) == 0);
    return path;
  }
  std::string packed(const std::string& name, const std::string& text, size_t keep = SIZE_MAX) const {
    const std::string path = path_ + "/" + name;
    gzFile out = gzopen(path.c_str(), "wb");
    PN_CHECK(gzwrite(out, text.data(), static_cast<unsigned>(text.size())) == static_cast<int>(text.size()));
    PN_CHECK(gzclose(out) == Z_OK);
    if (keep < std::filesystem::file_size(path)) std::filesystem::resize_file(path, keep);
    return path;
  }

 private:
  std::string path_;
};

model::Policy policy_of(const char* prefix) {
  model::Policy policy;
  policy.classes["unknown"] = {};
  policy.classes["residential"] = {};
  policy.subscriber_prefixes = {*parse_prefix(prefix)};
  return policy;
}

// A bot that nobody answers, a mail server everybody answers, and a mail client; not in order of time.
std::string history() {
  std::string out = kHead;
  for (int i = 0; i < 12; ++i)
    out += fmt::format("2026-01-05 10:{:02}:00,0,100.64.0.1,192.0.{}.1,{},25,TCP,....S.,0,0,3,156,x\n", i, i, 4000 + i);
  for (int i = 0; i < 12; ++i) {
    out += fmt::format("2026-01-05 09:{:02}:00,0,100.64.0.2,198.18.{}.1,{},25,TCP,.AP.SF,0,0,9,900,x\n", i * 4, i,
                       4000 + i);
    out += fmt::format("2026-01-05 09:{:02}:00,0,198.18.{}.1,100.64.0.2,25,{},TCP,.AP.SF,0,0,9,900,x\n", i * 4, i,
                       4000 + i);
  }
  out += "2026-01-05 08:00:00,0,100.64.0.3,142.250.1.1,4000,587,TCP,.AP.SF,0,0,9,900,x\n";
  out += "2026-01-05 08:00:00,0,100.64.0.3,192.0.2,4000,587,TCP,.AP.SF,0,0,9,900,x\n";
  return out;
}

std::string json_lines(const Rehearsal& rehearsal) {
  std::string out;
  for (const Row& row : rows_of(rehearsal)) out += json_of(row) + "\n";
  return out;
}

TEST(Rehearsal, FindsTheBotAndLeavesTheOthers) {
  const Folder folder;
  const model::Policy policy = policy_of("100.64.0.0/16");
  Rehearsal rehearsal(policy, {});
  const std::string file = folder.file("a.csv", history());
  ASSERT_TRUE(rehearsal.read(file, std::nullopt));
  ASSERT_TRUE(rehearsal.run());
  const auto rows = rows_of(rehearsal);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].subject->name, "100.64.0.1");
  EXPECT_EQ(rows[0].verdict->stage, model::Stage::block) << "new, and no answer from anybody";
  EXPECT_EQ(rows[0].kind, Kind::zombie);
  EXPECT_LE(rows[0].verdict->first_contacts_at_case, 7U);
  EXPECT_EQ(rows[1].verdict->stage, model::Stage::clear);
  EXPECT_EQ(rows[2].verdict->stage, model::Stage::clear);
  const std::string said = json_lines(rehearsal);
  EXPECT_NE(
      said.find(R"({"subject":"100.64.0.1","class":"residential","verdict":"block","case_at":"2026-01-05T10:03:10Z")"),
      std::string::npos)
      << said;
  EXPECT_NE(said.find(R"("block_at":null)"), std::string::npos);
  const std::string remarks = remarks_of(rehearsal, rows);
  EXPECT_NE(remarks.find("address (first: " + file + ":39)"), std::string::npos) << remarks;
  EXPECT_NE(remarks.find("too short for weekly and monthly senders"), std::string::npos);
  EXPECT_NE(permits_of(rows).find("postern permit grant 100.64.0.2 --kind own_server"), std::string::npos);
  const std::string campaign = campaign_of(rows);
  EXPECT_TRUE(campaign.starts_with("line,advice\n100.64.0.1,check\n")) << campaign;
  EXPECT_NE(campaign.find("100.64.0.2,permit\n"), std::string::npos) << campaign;
}

TEST(Rehearsal, AnAddressIsOfTheLineThatHadIt) {
  const Folder folder;
  const model::Policy policy = policy_of("100.64.0.0/16");
  auto sessions = SessionHistory::read_csv(
      "key,class,since,until,prefixes\n"
      "ann,residential,2026-01-05T00:00:00Z,2026-01-05T09:59:00Z,100.64.0.1/32\n"
      "bob,unknown,2026-01-05T09:59:00Z,,100.64.0.1/32\n"
      "ann,,2026-01-05T09:59:00Z,,100.64.0.3/32\n"
      "carl,,2026-01-05T00:00:00Z,,100.64.0.2/32\n"
      "dora,,2026-01-05T00:00:00Z,,100.64.0.2/32\n",
      "sessions.csv");
  ASSERT_TRUE(sessions);
  Rehearsal rehearsal(policy, {}, *std::move(sessions));
  ASSERT_TRUE(rehearsal.read(folder.file("a.csv", history()), std::nullopt));
  ASSERT_TRUE(rehearsal.run());
  const auto rows = rows_of(rehearsal);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].subject->name, "bob") << "who had the address when it was used";
  EXPECT_EQ(rows[0].subject->class_name, "unknown");
  EXPECT_GE(rows[0].verdict->stage, model::Stage::case_);
  EXPECT_EQ(rows[1].subject->name, "100.64.0.3") << "ann had it only later";
  EXPECT_GT(rehearsal.subjects().ambiguous(), 0U) << "two lines claim what carl or dora did";
  EXPECT_NE(remarks_of(rehearsal, rows).find("Two lines held the address"), std::string::npos);
}

TEST(Rehearsal, TheOrderOfLinesAndThePackingChangeNothing) {
  const Folder folder;
  const model::Policy policy = policy_of("100.64.0.0/16");
  Rehearsal plain(policy, {});
  ASSERT_TRUE(plain.read(folder.file("a.csv", history()), std::nullopt));
  ASSERT_TRUE(plain.run());
  std::vector<std::string> lines;
  std::string left = history();
  for (size_t at = 0; (at = left.find('\n')) != std::string::npos; left.erase(0, at + 1))
    lines.push_back(left.substr(0, at + 1));
  std::string turned = lines[0];
  for (size_t i = lines.size(); i-- > 1;) turned += lines[i];
  Rehearsal packed(policy, {});
  ASSERT_TRUE(packed.read(folder.packed("b.csv.gz", turned), std::nullopt));
  ASSERT_TRUE(packed.run());
  EXPECT_EQ(json_lines(plain), json_lines(packed));
}

TEST(Rehearsal, OneWayRecordingsSayNothingOfOutcomes) {
  const Folder folder;
  const model::Policy policy = policy_of("100.64.0.0/16");
  std::string text = kHead;
  for (int i = 0; i < 12; ++i)
    text +=
        fmt::format("2026-01-05 10:{:02}:00,0,100.64.0.1,192.0.{}.1,{},25,TCP,....S.,0,0,3,156,x\n", i, i, 4000 + i);
  text += "2026-01-05 10:00:00,0,100.64.0.1,192.0.2.1,4000,443,TCP,.AP.SF,0,0,9,900,x\n";
  Rehearsal rehearsal(policy, {});
  ASSERT_TRUE(rehearsal.read(folder.file("a.csv", text), std::nullopt));
  ASSERT_TRUE(rehearsal.run());
  EXPECT_TRUE(rehearsal.window().one_way);
  EXPECT_EQ(rows_of(rehearsal)[0].subject->sums.failed, 0U);
  EXPECT_NE(text_of(rehearsal, rows_of(rehearsal)).find("one direction only"), std::string::npos);
}

TEST(Rehearsal, SaysWhatSamplingAndALengthOfADayHide) {
  const model::Policy policy = policy_of("100.64.0.0/16");
  Rehearsal rehearsal(policy, {});
  model::Flow flow;
  flow.begin = *parse_time("2026-01-05");
  flow.end = flow.begin + days(1);
  flow.source = *parse_ip("100.64.0.1");
  flow.destination = *parse_ip("192.0.2.1");
  flow.protocol = 6;
  flow.destination_port = 25;
  flow.sampling = 1'000;
  ASSERT_TRUE(rehearsal.take(flow));
  ASSERT_TRUE(rehearsal.run());
  const std::string remarks = remarks_of(rehearsal, rows_of(rehearsal));
  // 1 - (1 - 1/1000)^(3 * 999) = .95
  EXPECT_NE(remarks.find("(19 times of 20) from about 999 connections on"), std::string::npos) << remarks;
  EXPECT_NE(remarks.find("14 % and 3 % of them mailed within it"), std::string::npos) << remarks;
}

TEST(Rehearsal, SubscribersAreKnownByTheirPrefixes) {
  const model::Policy policy = policy_of("100.64.0.0/16");
  model::Subscriber s;
  s.key = "cust-1";
  s.fixed = {*parse_prefix("100.64.0.0/30"), *parse_prefix("100.64.1.0/24")};
  Subjects subjects(policy, {s}, {});
  const auto of = [&](const char* address) { return subjects.of(*parse_ip(address), {}); };
  EXPECT_EQ(of("100.64.0.1"), of("100.64.1.200"));
  EXPECT_NE(of("100.64.0.9"), of("100.64.0.1"));
  EXPECT_EQ(of("203.0.113.1"), 0U);
  EXPECT_EQ(subjects.at(1).name, "cust-1");
  EXPECT_EQ(subjects.at(2).name, "100.64.0.9");
}

TEST(Rehearsal, FindsAWormAndABrokenClient) {
  const Folder folder;
  const model::Policy policy = policy_of("100.64.0.0/16");
  std::string text = kHead;
  for (int i = 0; i < 40; ++i)
    text +=
        fmt::format("2026-01-05 10:00:{:02},0,100.64.0.1,192.0.2.{},{},445,TCP,....S.,0,0,3,156,x\n", i, i, 4000 + i);
  // Answered connections of the same kind are no scan.
  for (int i = 0; i < 40; ++i)
    text +=
        fmt::format("2026-01-05 10:00:{:02},0,100.64.0.2,192.0.2.{},{},443,TCP,.AP.SF,0,0,9,900,x\n", i, i, 4000 + i);
  for (int i = 0; i < 400; ++i)
    text += fmt::format("2026-01-05 10:{:02}:{:02},0,100.64.0.3,192.0.2.1,{},587,TCP,....S.,0,0,3,156,x\n", i / 50,
                        i % 50, 4000 + i);
  Rehearsal rehearsal(policy, {});
  ASSERT_TRUE(rehearsal.read(folder.file("a.csv", text), std::nullopt));
  ASSERT_TRUE(rehearsal.run());
  const auto rows = rows_of(rehearsal);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].subject->name, "100.64.0.1");
  EXPECT_EQ(rows[0].verdict->stage, model::Stage::case_);
  EXPECT_EQ(rows[0].verdict->case_at, parse_time("2026-01-05T10:00:19Z").value()) << "twenty hosts";
  EXPECT_NE(rows[0].verdict->explained.find("hosts or more on port 445"), std::string::npos);
  EXPECT_EQ(rows[1].verdict->stage, model::Stage::clear);
  EXPECT_NE(rows[1].verdict->ticket.find("retries without pause"), std::string::npos);
  EXPECT_NE(text_of(rehearsal, rows).find("Broken, and no case:\n     100.64.0.3"), std::string::npos);
}

TEST(Rehearsal, TheBudgetIsSaidInWords) {
  model::Policy policy = policy_of("100.64.0.0/16");
  EXPECT_NE(budget_words(policy, 100'000).find("9.2 by one kind of evidence and 10.8 by several"), std::string::npos)
      << budget_words(policy, 100'000);
  policy.false_cases_milli = 0;
  EXPECT_EQ(budget_words(policy, 100'000), "detection: a case opens at a score of 9.2");
}

TEST(Source, SaysThatAFileIsCutOff) {
  const Folder folder;
  const std::string path = folder.packed("cut.gz", history(), 60);
  auto source = Source::open(path);
  ASSERT_TRUE(source);
  Lines lines(*source);
  std::string_view line;
  bool whole = false;
  Result<bool> more = true;
  while (more && *more) more = lines.next(line, whole);
  ASSERT_FALSE(more);
  EXPECT_NE(more.error().text().find("cut off"), std::string::npos);
  EXPECT_FALSE(Source::open(path + ".no"));
}

TEST(Rehearsal, ReadsCapturesAndSaysWhereTheyBreak) {
  const Folder folder;
  const model::Policy policy = policy_of("100.64.0.0/16");
  const auto be = [](uint64_t v, int n) {
    std::string out;
    for (int i = n; i-- > 0;) out += static_cast<char>(v >> 8 * i);
    return out;
  };
  // pcap of raw IPv4: one SYN from 100.64.0.1 to 192.0.2.1, port 25.
  const std::string tcp = be(4'000, 2) + be(25, 2) + be(1, 4) + be(0, 4) + be(0x5002, 2) + be(0, 6);
  const std::string ip =
      be(0x4500, 2) + be(40, 2) + be(0, 4) + be(0x4006, 2) + be(0, 2) + be(0x64400001, 4) + be(0xc0000201, 4);
  const std::string packet = be(1'767'600'000, 4) + be(0, 4) + be(40, 4) + be(40, 4) + ip + tcp;
  const std::string head = be(0xa1b2c3d4, 4) + be(2, 2) + be(4, 2) + be(0, 8) + be(65'535, 4) + be(101, 4);
  Rehearsal rehearsal(policy, {});
  ASSERT_TRUE(rehearsal.read(folder.packed("a.pcap.gz", head + packet + packet.substr(0, 30)), std::nullopt));
  ASSERT_TRUE(rehearsal.run());
  const auto rows = rows_of(rehearsal);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].subject->name, "100.64.0.1");
  EXPECT_EQ(rows[0].subject->sums.failed, 1U);
  EXPECT_EQ(rehearsal.window().packets, 1U);
  EXPECT_NE(remarks_of(rehearsal, rows).find("Ended early: "), std::string::npos);
}

TEST(Rehearsal, FindsSmtpOnOddPortsInCaptures) {
  const Folder folder;
  const model::Policy policy = policy_of("100.64.0.0/16");
  const auto be = [](uint64_t v, int n) {
    std::string out;
    for (int i = n; i-- > 0;) out += static_cast<char>(v >> 8 * i);
    return out;
  };
  const auto packet = [&](bool back, uint8_t flags, const std::string& text) {
    const uint32_t client = 0x64400001;
    const uint32_t server = 0xc0000201;
    const std::string tcp = be(back ? 2'626 : 4'000, 2) + be(back ? 4'000 : 2'626, 2) + be(back ? 1 : 50, 4) +
                            be(back ? 50 : 1, 4) + be(0x5000 + flags, 2) + be(0, 6) + text;
    const std::string ip = be(0x4500, 2) + be(20 + tcp.size(), 2) + be(0, 4) + be(0x4006, 2) + be(0, 2) +
                           be(back ? server : client, 4) + be(back ? client : server, 4) + tcp;
    return be(1'767'600'000, 4) + be(0, 4) + be(ip.size(), 4) + be(ip.size(), 4) + ip;
  };
  const std::string head = be(0xa1b2c3d4, 4) + be(2, 2) + be(4, 2) + be(0, 8) + be(65'535, 4) + be(101, 4);
  Rehearsal rehearsal(policy, {});
  const std::string talk = packet(false, 2, "") + packet(true, 0x12, "") + packet(true, 0x18, "220 x ESMTP\r\n") +
                           packet(false, 0x18, "EHLO y\r\n");
  ASSERT_TRUE(rehearsal.read(folder.packed("a.pcap.gz", head + talk), std::nullopt));
  ASSERT_TRUE(rehearsal.run());
  const auto rows = rows_of(rehearsal);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].subject->sums.first_contacts, 1U);
  EXPECT_EQ(rows[0].subject->sums.answered, 1U);
  EXPECT_EQ(rows[0].subject->sums.port25, 0U);
}

TEST(Sorted, RunsOnDiskComeBackInOrder) {
  Sorted sorted(64);
  for (int64_t i = 0; i < 1'000; ++i) {
    Fact f;
    f.at = Time{1 + i * 7'919 % 101};
    f.packets = static_cast<uint64_t>(i);
    ASSERT_TRUE(sorted.add(f));
  }
  ASSERT_TRUE(sorted.finish());
  EXPECT_GT(sorted.spilled_runs(), 10U);
  Fact last;
  size_t n = 0;
  for (Fact f; *sorted.next(f); last = f, ++n)
    EXPECT_TRUE(last.at < f.at || (last.at == f.at && last.packets < f.packets));
  EXPECT_EQ(n, 1'000U);
}

// The bars of detection on recorded traffic; POSTERN_DATA names the folder of recordings.
TEST(Recordings, SlowBotIsFoundEarlyAndProvidersAreNot) {
  const char* data = std::getenv("POSTERN_DATA");
  if (data == nullptr) GTEST_SKIP() << "SKIP: POSTERN_DATA is not set: no recordings";
  const std::string root = data;
  const model::Policy campus = policy_of("147.32.0.0/16");
  Rehearsal bot(campus, {});
  ASSERT_TRUE(bot.read(root + "/ctu13-s5-netflow/capture20110815-2.netflow.labeled.5k.csv.xz", Profile::nfdump));
  ASSERT_TRUE(bot.run());
  const auto found = rows_of(bot);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].subject->name, "147.32.84.165");
  EXPECT_EQ(found[0].verdict->stage, model::Stage::block);
  EXPECT_LE(found[0].verdict->first_contacts_at_case, 5U);
  EXPECT_LE(found[0].verdict->first_contacts_at_block, 7U);
  const model::Policy isp = policy_of("42.219.0.0/16");
  Rehearsal servers(isp, {});
  ASSERT_TRUE(servers.read(root + "/ugr16-isp-hosts/ugr16_20160411_hostsA.csv.xz", Profile::ugr16));
  ASSERT_TRUE(servers.run());
  const auto senders = rows_of(servers);
  EXPECT_EQ(std::ranges::count(senders, model::Stage::block, [](const Row& r) { return r.verdict->stage; }), 0);
  EXPECT_LE(std::ranges::count(senders, model::Stage::case_, [](const Row& r) { return r.verdict->stage; }), 1);
}

TEST(Recordings, CapturesOfABotsMailAndOfItsQuestions) {
  const char* data = std::getenv("POSTERN_DATA");
  if (data == nullptr) GTEST_SKIP() << "SKIP: POSTERN_DATA is not set: no recordings";
  const std::string root = data;
  const model::Policy lab = policy_of("10.10.10.0/24");
  Rehearsal mail(lab, {});
  ASSERT_TRUE(mail.read(root + "/emotet2017-smtp/emotet_20171010_mail_dns_headers.pcap.xz", std::nullopt));
  ASSERT_TRUE(mail.run());
  const auto sender = rows_of(mail);
  ASSERT_EQ(sender.size(), 1U);
  EXPECT_EQ(sender[0].verdict->stage, model::Stage::block);
  EXPECT_LE(sender[0].verdict->first_contacts_at_case, 5U);
  EXPECT_LE(sender[0].verdict->first_contacts_at_block, 7U);
  const model::Policy campus = policy_of("147.32.0.0/16");
  Rehearsal names(campus, {});
  ASSERT_TRUE(names.read(root + "/ctu13-s13-dns/virut_dns_until_1645utc.pcap.xz", std::nullopt));
  ASSERT_TRUE(names.run());
  const auto asker = rows_of(names);
  ASSERT_EQ(asker.size(), 1U);
  EXPECT_EQ(asker[0].verdict->stage, model::Stage::case_) << "names alone never block";
  EXPECT_LE(asker[0].verdict->first_contacts_at_case, 7U);
}

}  // namespace
}  // namespace postern::rehearse
