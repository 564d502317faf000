// SPDX-License-Identifier: Apache-2.0
#include "rehearse/kind.h"

namespace postern::rehearse {
namespace {

constexpr uint32_t kDeviceConnectionsMost = 50;  // in the whole recording

}  // namespace

Kind kind_of(const Sums& s, model::Stage stage) {
  const bool mostly_failed = s.failed * 2 >= s.answered + s.failed && s.failed != 0;
  const bool receives = s.served != 0;  // who is written to is somebody's server, sick peers or not
  if (stage == model::Stage::block || (stage == model::Stage::case_ && mostly_failed && !receives)) return Kind::zombie;
  if (s.connections == 0) return stage >= model::Stage::case_ ? Kind::zombie : Kind::name_asker;
  if (s.port25 == 0) return Kind::submission_client;
  if (receives) return Kind::mail_server;
  if (s.networks25_known >= 3) return mostly_failed ? Kind::zombie : Kind::mail_server;
  return s.port25 == s.connections && s.connections <= kDeviceConnectionsMost ? Kind::mailing_device
                                                                              : Kind::third_party_server;
}

std::string_view words_of(Kind kind) {
  switch (kind) {
    case Kind::zombie:
      return "unaware zombie";
    case Kind::mail_server:
      return "mail server";
    case Kind::third_party_server:
      return "user of another's server on port 25";
    case Kind::mailing_device:
      return "device that mails";
    case Kind::submission_client:
      return "submission client";
    case Kind::name_asker:
      return "asks for mail servers";
  }
  return "?";
}

std::string_view advice_on(Kind kind) {
  switch (kind) {
    case Kind::zombie:
      return "tell the customer that a machine is infected; do not grant a permit";
    case Kind::mail_server:
      return "offer a permit for an own server";
    case Kind::third_party_server:
      return "point to port 587 of that server, or offer a permit for a named server";
    case Kind::mailing_device:
      return "point to the relay; it keeps working without a password there";
    case Kind::submission_client:
      return "nothing changes for it";
    case Kind::name_asker:
      return "nothing; look again with flows";
  }
  return "?";
}

}  // namespace postern::rehearse
