// SPDX-License-Identifier: Apache-2.0
#include "settings/subscriber_file.h"

#include <array>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "settings/settings.h"

namespace postern::settings {
namespace {

constexpr std::array<std::string_view, 3> kClasses{"business", "residential", "unknown"};

const std::array kPrefixes{parse_prefix("198.51.100.0/24").value(), parse_prefix("203.0.113.0/24").value(),
                           parse_prefix("192.0.2.0/24").value(), parse_prefix("2001:db8::/32").value()};
const RowRules kRules{kClasses, kPrefixes};

Subscribers csv(const std::string& bytes) { return read_subscriber_csv(bytes, "s.csv", kRules); }
Subscribers toml(const std::string& bytes) { return read_subscriber_toml(bytes, "s.toml", kRules); }
std::string faults(const Subscribers& s) { return s ? fmt::format("{} rows", s->size()) : text_of(s.error()); }

TEST(SubscriberFile, ReadsCsvWithEverythingRfc4180Allows) {
  const Subscribers s =
      csv("\xef\xbb\xbfmail,key, class ,name,prefixes,language,phone,access\r\n"
          "erika@isp.example,cust-1,residential,\"Muster, Erika \"\"E\"\"\",198.51.100.1  2001:db8:1::/64,de,+49 30 "
          "1,sub0\r\n"
          "\r\n"
          ",cust-2,,M\xc3\xbcller,,,,\r\n"
          "\"\",\"cust-3\",business,,198.51.100.2,pt-BR,,");
  ASSERT_TRUE(s) << faults(s);
  ASSERT_EQ(s->size(), 3U);
  const model::Subscriber& first = s->at(0);
  EXPECT_FALSE(first.id);
  EXPECT_EQ(first.key, "cust-1");
  EXPECT_EQ(first.class_name, "residential");
  EXPECT_EQ(first.language, "de");
  EXPECT_EQ(first.contact->name, "Muster, Erika \"E\"");
  EXPECT_EQ(first.contact->mail, "erika@isp.example");
  EXPECT_EQ(first.contact->phone, "+49 30 1");
  EXPECT_EQ(first.fixed,
            (std::vector<Prefix>{parse_prefix("198.51.100.1").value(), parse_prefix("2001:db8:1::/64").value()}));
  EXPECT_EQ(first.access, "sub0");
  EXPECT_EQ(s->at(1).contact->name, "Müller");
  EXPECT_EQ(s->at(1).class_name, "");
  EXPECT_EQ(s->at(1).language, "en");
  EXPECT_EQ(s->at(2).language, "pt-BR");
}

TEST(SubscriberFile, RefusesPrefixesOutsideOfTheSubscribers) {
  EXPECT_EQ(faults(csv("key,prefixes\ncust-1,198.51.100.1\ncust-2,198.51.101.1 2001:db9::/56\n")),
            "s.csv:3: prefixes: 198.51.101.1/32 is in none of network.subscriber_prefixes (correct it, or add its "
            "network there in postern.toml: the gate governs nothing outside of them)\n"
            "s.csv:3: prefixes: 2001:db9::/56 is in none of network.subscriber_prefixes (correct it, or add its "
            "network there in postern.toml: the gate governs nothing outside of them)\n");
  // Wider than what holds it.
  EXPECT_NE(faults(toml("[[subscriber]]\nkey = \"a\"\nprefixes = [\"198.51.0.0/16\"]\n")).find("s.toml:3:"),
            std::string::npos);
}

TEST(SubscriberFile, ReadsToml) {
  const Subscribers s = toml(R"(
[[subscriber]]
key = "cust-1"
class = "business"
mail = "erika@isp.example"
prefixes = ["198.51.100.1", "2001:db8:1::/64"]
[[subscriber]]
key = "cust-2"
)");
  ASSERT_TRUE(s) << faults(s);
  ASSERT_EQ(s->size(), 2U);
  EXPECT_EQ(s->at(0).contact->mail, "erika@isp.example");
  EXPECT_EQ(s->at(0).fixed.size(), 2U);
  EXPECT_EQ(s->at(1).key, "cust-2");
}

TEST(SubscriberFile, HeaderFaults) {
  EXPECT_EQ(faults(csv("")), "s.csv: is empty (the first line names the columns: key,class,name,mail,prefixes)\n");
  EXPECT_EQ(faults(csv("\xff\xfek")), "s.csv: is UTF-16 (save the file as CSV with commas and UTF-8)\n");
  EXPECT_EQ(faults(csv("key;class\nx;y\n")),
            "s.csv:1: columns are not separated by commas (save the file as CSV with commas and UTF-8)\n");
  EXPECT_EQ(
      faults(csv("key,clas,key\nx,y,z\n")),
      "s.csv:1: unknown column \"clas\" (did you mean \"class\"?)\ns.csv:1: column key is there twice (remove one)\n");
  EXPECT_EQ(faults(csv("name,class\nx,y\n")),
            "s.csv:1: there is no column key (the first line names the columns: key,class,name,mail,prefixes)\n");
}

TEST(SubscriberFile, EveryFaultOfEveryRowAndNothingImported) {
  EXPECT_EQ(
      faults(csv("key,class,language,name,mail,phone,prefixes,access\n"
                 "good,residential,,,,,,\n"
                 ",busines,e,a\tb,erika,,198.51.100.1/24 x,sub*\n"
                 "good,,,,,,,\n"
                 "short,residential\n"
                 "a,,,\"never closed,,,,\n"
                 "b,,,\xff,,,,\n"
                 "c,, de,,,,0.0.0.0/0,\n"
                 "d,,,\"x\"y,,,,\n"
                 "e,,,x\"y,,,,\n")),
      "s.csv:3: key: is empty (every subscriber needs a key of its own)\n"
      "s.csv:3: class: there is no class \"busines\" (did you mean \"business\"?)\n"
      "s.csv:3: language: \"e\" is not a language tag (write it like en or pt-BR)\n"
      "s.csv:3: name: \"a\\u0009b\" holds a control character or line break (remove it)\n"
      "s.csv:3: mail: \"erika\" is not a mail address (write one address like erika@isp.example, or leave it "
      "empty)\n"
      "s.csv:3: prefixes: 198.51.100.1/24 has bits set past /24 (the network is 198.51.100.0/24)\n"
      "s.csv:3: prefixes: \"x\" is not an IP address (write 192.0.2.10 or 2001:db8::10)\n"
      "s.csv:3: access: \"sub*\" is not an interface name (at most 15 bytes, no spaces, no patterns)\n"
      "s.csv:4: key: \"good\" is also in line 2 (a key belongs to one subscriber; put all prefixes into one row)\n"
      "s.csv:5: has 2 fields, the header has 8 (put a field that holds commas in quotes)\n"
      "s.csv:6: has text after a closing quote (fields are at most 1024 bytes; put those with commas or quotes in "
      "quotes, and double the quotes inside)\n"
      "s.csv:7: name: is not UTF-8 (save the file as UTF-8)\n"
      "s.csv:8: language: \" de\" begins or ends with a space (remove it)\n"
      "s.csv:8: prefixes: 0.0.0.0/0 is wider than /8 (name the prefixes that are this line's)\n"
      "s.csv:9: has text after a closing quote (fields are at most 1024 bytes; put those with commas or quotes in "
      "quotes, and double the quotes inside)\n"
      "s.csv:10: has a quote inside a field that does not start with one (fields are at most 1024 bytes; put those "
      "with commas or quotes in quotes, and double the quotes inside)\n");
}

TEST(SubscriberFile, OverlappingPrefixesAreToldAtTheLaterRow) {
  EXPECT_EQ(faults(csv("key,prefixes\n"
                       "a,198.51.100.7\n"
                       "b,198.51.100.8/29\n"
                       "c,198.51.100.0/28\n"
                       "d,2001:db8::/56 2001:db8:0:1::/64\n"
                       "e,198.51.100.7\n")),
            "s.csv:4: prefixes: 198.51.100.0/28 overlaps 198.51.100.7/32 of line 2 (a prefix belongs to one "
            "subscriber)\n"
            "s.csv:4: prefixes: 198.51.100.0/28 overlaps 198.51.100.8/29 of line 3 (a prefix belongs to one "
            "subscriber)\n"
            "s.csv:5: prefixes: 2001:db8:0:1::/64 overlaps 2001:db8::/56 of the same row (remove one)\n"
            "s.csv:6: prefixes: 198.51.100.7/32 overlaps 198.51.100.0/28 of line 4 (a prefix belongs to one "
            "subscriber)\n");
}

TEST(SubscriberFile, LimitsAreKept) {
  EXPECT_EQ(faults(csv("key,name\nx," + std::string(1024, 'n') + "\n")), "1 rows");
  EXPECT_EQ(faults(csv("key,name\nx," + std::string(1025, 'n') + "\n")),
            "s.csv:2: has a field that is too long (fields are at most 1024 bytes; put those with commas or quotes in "
            "quotes, and double the quotes inside)\n");
  EXPECT_EQ(faults(csv("key\n" + std::string(254, 'k') + "\n")),
            "s.csv:2: key: is 254 bytes long, more than 253 (shorten it)\n");
  EXPECT_EQ(faults(csv("key,phone\nx," + std::string(65, '1') + "\n")),
            "s.csv:2: phone: is 65 bytes long, more than 64 (shorten it)\n");
  std::string prefixes;
  for (int i = 0; i < 65; ++i) prefixes += fmt::format(" 192.0.2.{}", i);
  EXPECT_EQ(faults(csv("key,prefixes\nx," + prefixes + "\n")),
            "s.csv:2: prefixes: has 65 prefixes, more than 64 (combine neighbours into wider prefixes)\n");
  std::string broken = "key,mail\n";
  for (int i = 0; i < 20'000; ++i) broken += fmt::format("k{},nobody\n", i);
  const Subscribers many = csv(broken);
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().size(), Report::kFaultsMax + 1);
  EXPECT_EQ(many.error().back().text(), "s.csv: 9501 more faults are not shown");
}

TEST(SubscriberFile, TomlFaults) {
  EXPECT_EQ(faults(toml("title = 1\n[[subscriber]]\nkey = 5\nprefixes = \"x\"\nkeyy = \"a\"\n"
                        "[[subscriber]]\nkey = \"a\"\nclass = \"nope\"\nprefixes = [\"198.51.100.1\", 7]\n"
                        "[[subscriber]]\nkey = \"a\"\nprefixes = [\"198.51.100.0/24\"]\n")),
            "s.toml:1:1: \"title\" does not belong here (the file is made of [[subscriber]] tables)\n"
            "s.toml:3:7: key must be text, not a whole number (put it in quotes)\n"
            "s.toml:3:7: key: is empty (every subscriber needs a key of its own)\n"
            "s.toml:4:12: prefixes must be a list (write prefixes = [\"192.0.2.10\"])\n"
            "s.toml:5:1: unknown key \"keyy\" in [[subscriber]] (did you mean \"key\"?)\n"
            "s.toml:8:9: class: there is no class \"nope\" (known: business, residential, unknown)\n"
            "s.toml:9:29: a prefix must be text, not a whole number (put it in quotes)\n"
            "s.toml:11: prefixes: 198.51.100.0/24 overlaps 198.51.100.1/32 of line 7 (a prefix belongs to one "
            "subscriber)\n"
            "s.toml:11:7: key: \"a\" is also in line 7 (a key belongs to one subscriber; put all prefixes into one "
            "row)\n");
}

TEST(SubscriberFile, NamesOfLeases) {
  const Subscribers s = csv("key,leases\na,circuit:olt3/1/7 hw:02-00-5E-10-00-01\nb,client:0x01AABB\nc,\n");
  ASSERT_TRUE(s) << faults(s);
  EXPECT_EQ(*s->at(0).leases, (std::vector<std::string>{"circuit:olt3/1/7", "hw:02:00:5e:10:00:01"}));
  EXPECT_EQ(*s->at(1).leases, std::vector<std::string>{"client:0x01aabb"});
  EXPECT_TRUE(s->at(2).leases->empty());
  EXPECT_EQ(
      faults(csv("key,leases\na,circuit:x\nb,circuit:0x78\nc,port:7\n")),
      "s.csv:3: leases: \"circuit:0x78\" is also in line 2 (a name of leases belongs to one subscriber)\n"
      "s.csv:4: leases: \"port:7\" is not a name of a lease (write circuit:, remote:, client: or hw: and the value "
      "as text or as 0x and hexadecimal)\n");
}

}  // namespace
}  // namespace postern::settings
