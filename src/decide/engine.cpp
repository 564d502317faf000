// SPDX-License-Identifier: Apache-2.0
#include "decide/engine.h"

#include "decide/work.h"

namespace postern::decide {
namespace {

constexpr uint32_t kCheckpointForm = 4;

}  // namespace

Engine::Engine() : state_(std::make_unique<State>()) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Step Engine::set_policy(const model::Policy& policy, Time now) {
  Work work(*state_, now);
  work.policy(policy);
  return work.finish();
}

Step Engine::observe(const model::Observation& observation) {
  ++state_->counters.observations;
  Work work(*state_, observation.at);
  std::visit(work, observation.body);
  return work.finish();
}

Step Engine::tick(Time now) {
  Work work(*state_, now);
  work.tick();
  return work.finish();
}

Step Engine::receive(const model::Receipt& receipt) {
  Work work(*state_, receipt.at);
  work.receipt(receipt);
  return work.finish();
}

Step Engine::receive(const model::PlugAnswer& answer) {
  Work work(*state_, answer.receipt.at);
  work.answer(answer);
  return work.finish();
}

void Engine::forget_asked() { state_->plug_asked.clear(); }

void Engine::replay(const model::Record& record) {
  state_->facts.apply(record);
  if (const auto* changed = std::get_if<model::CaseChanged>(&record.body)) {
    const model::Case& c = changed->case_;
    if (casework::is_open(c.state)) {
      state_->looks.set(c.id, c.changed);
    } else {
      state_->looks.forget(c.id);
      state_->seen.forget(c.line);
    }
  }
  if (const auto* finding = std::get_if<model::Finding>(&record.body)) {
    state_->watch.recall(*finding, finding->line.value);
    if (state_->facts.cases.open_of(finding->line) != nullptr) state_->seen.see(finding->line, finding->at);
  }
  if (const auto* account = std::get_if<model::AccountChanged>(&record.body); account != nullptr && account->finding.id)
    state_->account_watch.recall(account->finding, account->account.id.value);
  if (const auto* erased = std::get_if<model::SubscriberErased>(&record.body))
    state_->watch.forget(erased->subscriber.value);
}

Bytes Engine::facts() const {
  Bytes out;
  Encoder encoder(out);
  state_->facts.encode(encoder);
  return out;
}

Bytes Engine::checkpoint() const {
  Bytes out;
  Encoder encoder(out);
  encoder.put(kCheckpointForm);
  state_->facts.encode(encoder);
  state_->encode_memory(encoder);
  return out;
}

Status Engine::restore(ByteView checkpoint) {
  state_ = std::make_unique<State>();
  Decoder decoder(checkpoint);
  uint32_t form = 0;
  decoder.get(form);
  if (form != kCheckpointForm)
    return fail(Errc::bad_input, "the checkpoint has a form this build does not know", "checkpoint",
                "replay the journal from its first record");
  state_->facts.decode(decoder);
  state_->decode_memory(decoder);
  if (decoder.done()) {
    state_->look_at_every_case();
    return {};
  }
  state_ = std::make_unique<State>();
  return fail(Errc::bad_input, "the checkpoint is damaged", "checkpoint", "replay the journal from an older one");
}

void Engine::State::encode_memory(Encoder& out) const {
  facts.sessions.encode_memory(out);
  memory.encode(out);
  watch.encode(out);
  seen.encode(out);
  account_watch.encode(out);
  out.put(gate_heard);
  out.put(counters);
  out.put(last_tick);
  out.put(listening_since);
}

void Engine::State::decode_memory(Decoder& in) {
  if (!in.ok()) return;
  facts.sessions.decode_memory(in);
  memory.decode(in);
  watch.decode(in);
  seen.decode(in);
  account_watch.decode(in);
  in.get(gate_heard);
  in.get(counters);
  in.get(last_tick);
  in.get(listening_since);
}

Status Engine::validate(const model::Observation& request) const {
  return validate_request(state_->facts, request.body, request.at);
}

}  // namespace postern::decide
