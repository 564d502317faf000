// SPDX-License-Identifier: Apache-2.0
#include "sys/loop.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace postern::sys {
namespace {

TEST(Loop, HandlerMayForgetItselfWhileItRuns) {
  Loop loop;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const Fd in(ends[0]);
  const Fd out(ends[1]);
  int calls = 0;
  loop.watch(in.get(), EPOLLIN, [&, marker = std::string(64, 'x')](uint32_t) {
    loop.forget(in.get());
    calls += marker.size() == 64 ? 1 : 100;  // touches the capture after forget()
  });
  ASSERT_EQ(::write(out.get(), "x", 1), 1);
  loop.step(milliseconds(100));
  loop.step(milliseconds(1));
  EXPECT_EQ(calls, 1);
}

TEST(Loop, TimersFireInOrderAndRepeatUntilCancelled) {
  Loop loop;
  std::string order;
  loop.after(milliseconds(3), [&] { order += 'b'; });
  loop.after(milliseconds(1), [&] { order += 'a'; });
  Loop::TimerId repeating = 0;
  repeating = loop.every(milliseconds(2), [&] {
    order += 'r';
    if (order.size() > 6) loop.cancel(repeating);
  });
  for (int i = 0; i < 50; ++i) loop.step(milliseconds(1));
  EXPECT_EQ(order.front(), 'a');
  EXPECT_NE(order.find('b'), std::string::npos);
  const size_t after_cancel = order.size();
  for (int i = 0; i < 5; ++i) loop.step(milliseconds(2));
  EXPECT_EQ(order.size(), after_cancel);
}

}  // namespace
}  // namespace postern::sys
