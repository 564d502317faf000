// SPDX-License-Identifier: Apache-2.0
// The API's view of the engine: tell/ does not know decide/, so the wiring stands here.
#pragma once

#include "decide/engine.h"
#include "tell/api/view.h"

namespace postern::daemon {

class EngineView : public tell::api::View {
 public:
  using Extra = std::function<wire::Json()>;  // what the daemon adds to `status`
  EngineView(const decide::Engine& engine, Extra extra) : engine_(engine), extra_(std::move(extra)) {}

  [[nodiscard]] const model::Policy& policy() const override { return engine_.policy(); }
  [[nodiscard]] uint32_t revision() const override { return engine_.revision(); }
  [[nodiscard]] size_t lines() const override { return engine_.lines(); }
  [[nodiscard]] wire::Json status() const override { return extra_(); }
  [[nodiscard]] const model::Subscriber* subscriber(model::SubscriberId id) const override {
    return engine_.subscriber(id);
  }
  [[nodiscard]] const model::Subscriber* subscriber(std::string_view key) const override {
    return engine_.subscriber(key);
  }
  void for_each_subscriber(const std::function<void(const model::Subscriber&)>& f) const override {
    engine_.for_each_subscriber(f);
  }
  [[nodiscard]] const model::Session* session(model::SessionId id) const override { return engine_.session(id); }
  void for_each_session(const std::function<void(const model::Session&)>& f) const override {
    engine_.for_each_session(f);
  }
  [[nodiscard]] std::string_view class_of(const model::Session& session) const override {
    return engine_.class_of(session);
  }
  [[nodiscard]] std::string_view class_of_line(model::SubscriberId line) const override;
  [[nodiscard]] wire::Json watch(model::SubscriberId line, Time now) const override;
  [[nodiscard]] wire::Json account(std::string_view name, Time now) const override;
  [[nodiscard]] wire::Json governor(Time now) const override;
  void for_each_case(const std::function<void(const model::Case&)>& f) const override { engine_.for_each_case(f); }
  [[nodiscard]] Status validate(const model::Observation& request) const override { return engine_.validate(request); }

 private:
  const decide::Engine& engine_;
  Extra extra_;
};

}  // namespace postern::daemon
