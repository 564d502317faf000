// SPDX-License-Identifier: Apache-2.0
// What the API reads of the running engine. An interface, because this room does not know decide/: the daemon answers
// it from decide::Engine, tests from a few values. Everything older or larger is asked of the journal.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/observation.h"
#include "model/policy.h"
#include "model/record.h"
#include "model/subscriber.h"
#include "wire/json.h"

namespace postern::tell::api {

class View {
 public:
  View() = default;
  View(const View&) = delete;
  View& operator=(const View&) = delete;
  virtual ~View() = default;

  [[nodiscard]] virtual const model::Policy& policy() const = 0;
  [[nodiscard]] virtual uint32_t revision() const = 0;
  [[nodiscard]] virtual size_t lines() const = 0;
  // For `status`: counters by name, and whatever else the daemon wants shown, as an object.
  [[nodiscard]] virtual wire::Json status() const = 0;

  [[nodiscard]] virtual const model::Subscriber* subscriber(model::SubscriberId id) const = 0;
  [[nodiscard]] virtual const model::Subscriber* subscriber(std::string_view key) const = 0;
  virtual void for_each_subscriber(const std::function<void(const model::Subscriber&)>& f) const = 0;
  [[nodiscard]] virtual const model::Session* session(model::SessionId id) const = 0;            // live
  virtual void for_each_session(const std::function<void(const model::Session&)>& f) const = 0;  // live
  [[nodiscard]] virtual std::string_view class_of(const model::Session& session) const = 0;
  [[nodiscard]] virtual std::string_view class_of_line(model::SubscriberId line) const = 0;
  // What the detectors think of the line now, as an object; null when they do not watch it.
  [[nodiscard]] virtual wire::Json watch(model::SubscriberId line, Time now) const = 0;
  // A mail account by its name: {owner, state, seen}, owner and seen perhaps empty; null for one that nothing knows.
  [[nodiscard]] virtual wire::Json account(std::string_view name, Time now) const = 0;
  virtual void for_each_case(const std::function<void(const model::Case&)>& f) const = 0;  // open ones, by id
  // What bounds automation, and how much of it is used, as an object.
  [[nodiscard]] virtual wire::Json governor(Time now) const = 0;
  // Whether an operator's request can be done; a clear sentence if not.
  [[nodiscard]] virtual Status validate(const model::Observation& request) const = 0;
};

}  // namespace postern::tell::api
