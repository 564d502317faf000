// SPDX-License-Identifier: Apache-2.0
// What the parts of the watch share. Within this room only.
#pragma once

#include <tuple>
#include <utility>

#include "decide/watch/watch.h"

namespace postern::decide::detect {

// f.operator()<D>(place) for each registered detector.
template <class R, class F>
constexpr void each(F&& f) {
  [&]<size_t... I>(std::index_sequence<I...>) {
    (f.template operator()<std::tuple_element_t<I, R>>(std::integral_constant<size_t, I>{}), ...);
  }(std::make_index_sequence<std::tuple_size_v<R>>{});
}

template <class D>
constexpr bool is_ticket() {
  return requires { D::kTicket; };
}

inline Context context_of(const Subject& subject, Time now) {
  return {now, subject.line_class, subject.declared_server, true, subject.noticed_at, {}, false, subject.line};
}

}  // namespace postern::decide::detect
