// SPDX-License-Identifier: Apache-2.0
#include "rehearse/customers/person.h"

namespace postern::rehearse {

Person draw(Dice& dice) {
  Person p;
  p.has_mail = dice.chance(90);
  p.mail_bounces = dice.chance(10);
  p.reads = dice.chance(45);
  p.answers = dice.chance(60);
  p.cleans = dice.chance(80);
  p.lies = dice.chance(15);
  p.relapses = dice.chance(15);
  p.reads_after = minutes(5) + dice.within(days(3));
  p.cleans_after = hours(1) + dice.within(days(4));
  p.browses = dice.chance(75);
  p.calls = dice.chance(70);
  p.cleans_when_cut = dice.chance(92);
  p.notices_after = minutes(10) + dice.within(days(1));
  return p;
}

}  // namespace postern::rehearse
