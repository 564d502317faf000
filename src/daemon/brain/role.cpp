// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "daemon/brain/brain.h"
#include "sys/log.h"

namespace postern::daemon {

int run_brain(WorkerStart start) {
  const std::string& master = start.kit.secrets.at("master");
  std::array<std::byte, store::kKeyBytes> bytes{};
  std::ranges::transform(master, bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
  auto journal = store::Journal::open(start.settings.store.directory, store::MasterKey::of(bytes));
  if (!journal) {
    sys::log(sys::Level::error, "brain", "JOURNAL_REFUSED", journal.error().text());
    return 74;
  }
  const auto key = tables::reference_key(start.kit.secrets.at("reference"));
  const auto tags = tables::ContactTags::of(start.kit.secrets.at("reference"));
  if (!key || !tags) {
    sys::log(sys::Level::error, "brain", "KEY_REFUSED", (!key ? key.error() : tags.error()).text());
    return 78;
  }
  sys::Loop loop;
  Brain brain(std::move(start), loop, std::move(*journal), *key, *tags);
  if (auto awake = brain.wake(); !awake) {
    sys::log(sys::Level::error, "brain", "WAKE_FAILED", awake.error().text());
    return 74;
  }
  loop.run();
  return 0;
}

}  // namespace postern::daemon
