// SPDX-License-Identifier: Apache-2.0
#include "wire/mail/delivery_status.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "wire/mail/smtp_reply.h"

namespace postern::wire {
namespace {

struct Field {
  std::string name;  // lower case
  std::string value;
};

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '\r')) s.remove_suffix(1);
  return s;
}

std::string lower(std::string_view s) {
  std::string out(s.substr(0, DeliveryStatus::kValueMax));
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

void append_value(std::string& to, std::string_view value) {
  if (!to.empty() && to.size() < DeliveryStatus::kValueMax) to += ' ';
  append_printable(to, value.substr(0, DeliveryStatus::kValueMax - std::min(to.size(), DeliveryStatus::kValueMax)));
}

// Up to and with the next line end.
std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

DeliveryAction action_of(std::string_view value) {
  const std::string word = lower(value.substr(0, value.find_first_of(" (;")));
  return DeliveryAction_from(word).value_or(DeliveryAction::other);
}

class Reader {
 public:
  void field(const Field& f) {
    if (f.name == "original-envelope-id") out_.envelope_id = f.value;
    const bool starts = f.name == "final-recipient" || f.name == "original-recipient" || f.name == "action";
    if (starts && !recipient_) recipient_.emplace();
    if (!recipient_) return;
    if (f.name == "action") recipient_->action = action_of(f.value);
    if (f.name == "status") recipient_->status = enhanced_status_at(f.value);
  }
  void end_of_group() {
    if (!recipient_) return;
    if (recipient_->status.empty() && recipient_->action == DeliveryAction::failed) recipient_->status = "5.0.0";
    if (out_.recipients.size() < DeliveryStatus::kRecipientsMax) out_.recipients.push_back(std::move(*recipient_));
    recipient_.reset();
  }
  [[nodiscard]] DeliveryStatus take() { return std::move(out_); }

 private:
  DeliveryStatus out_;
  std::optional<DeliveryStatus::Recipient> recipient_;
};

}  // namespace

std::string_view enhanced_status_at(std::string_view text) {
  size_t at = 0;
  for (int part = 0; part < 3; ++part) {
    const size_t from = at;
    while (at < text.size() && at - from < 3 && text[at] >= '0' && text[at] <= '9') ++at;
    if (at == from) return {};
    if (part == 2) break;
    if (at == text.size() || text[at] != '.') return {};
    ++at;
  }
  const bool whole = text.size() >= 2 && text[1] == '.' && (text[0] == '2' || text[0] == '4' || text[0] == '5');
  return whole ? text.substr(0, at) : std::string_view{};
}

DeliveryStatus read_delivery_status(std::string_view text) {
  Reader reader;
  std::optional<Field> field;
  const auto end_of_field = [&] {
    if (field) reader.field(*field);
    field.reset();
  };
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (trimmed(line).empty()) {
      end_of_field();
      reader.end_of_group();
    } else if (line.front() == ' ' || line.front() == '\t') {
      if (field) append_value(field->value, trimmed(line));
    } else {
      end_of_field();
      const size_t colon = line.find(':');
      if (colon == std::string_view::npos) continue;
      field.emplace(lower(trimmed(line.substr(0, colon))));
      append_value(field->value, trimmed(line.substr(colon + 1)));
    }
  }
  end_of_field();
  reader.end_of_group();
  return reader.take();
}

}  // namespace postern::wire
