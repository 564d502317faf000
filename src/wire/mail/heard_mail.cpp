// SPDX-License-Identifier: Apache-2.0
#include "wire/mail/heard_mail.h"

#include <algorithm>
#include <gmime/gmime.h>
#include <memory>
#include <optional>

#include "wire/mail/delivery_status.h"

namespace postern::wire {
namespace {

constexpr int kDepthMax = 8;
constexpr int kPartsMax = 64;
constexpr size_t kStatusOctetsMax = HeardMail::kReportOctetsMax;

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;

std::string lower(std::string_view s) {
  std::string out(s);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// The raw value: nothing is decoded, so no character set is looked up.
std::string header_of(GMimeObject* part, const char* name) {
  GMimeHeaderList* const list = g_mime_object_get_header_list(part);
  GMimeHeader* const header = list == nullptr ? nullptr : g_mime_header_list_get_header(list, name);
  const char* const raw = header == nullptr ? nullptr : g_mime_header_get_raw_value(header);
  if (raw == nullptr) return {};
  std::string_view value(raw);
  const size_t from = value.find_first_not_of(" \t\r\n");
  return from == std::string_view::npos ? std::string() : std::string(value.substr(from, 4096));
}

std::string type_of(GMimeObject* part) {
  GMimeContentType* const type = g_mime_object_get_content_type(part);
  if (type == nullptr) return {};
  const std::unique_ptr<char, decltype(&g_free)> name(g_mime_content_type_get_mime_type(type), &g_free);
  return name == nullptr ? std::string() : lower(name.get());
}

std::string parameter_of(GMimeObject* part, const char* name) {
  GMimeContentType* const type = g_mime_object_get_content_type(part);
  const char* const value = type == nullptr ? nullptr : g_mime_content_type_get_parameter(type, name);
  return value == nullptr ? std::string() : lower(value);
}

std::string content_of(GMimeObject* part) {
  if (!GMIME_IS_PART(part)) return {};
  GMimeDataWrapper* const content = g_mime_part_get_content(reinterpret_cast<GMimePart*>(part));
  if (content == nullptr) return {};
  const Owned<GMimeStream> memory(g_mime_stream_mem_new());
  if (g_mime_data_wrapper_write_to_stream(content, memory.get()) < 0) return {};
  const GByteArray* const bytes = g_mime_stream_mem_get_byte_array(reinterpret_cast<GMimeStreamMem*>(memory.get()));
  if (bytes == nullptr || bytes->data == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes->data), std::min<size_t>(bytes->len, kStatusOctetsMax)};
}

// All "<...>" of a header that holds Message-IDs.
void add_ids(std::string_view value, std::vector<std::string>& to) {
  while (to.size() < HeardMail::kNamedMax) {
    const size_t open = value.find('<');
    const size_t close = open == std::string_view::npos ? open : value.find('>', open);
    if (close == std::string_view::npos) return;
    to.emplace_back(value.substr(open + 1, close - open - 1));
    value.remove_prefix(close + 1);
  }
}

// text/rfc822-headers, or a message that came back as plain text.
void add_id_of_headers(std::string_view text, std::vector<std::string>& to) {
  const std::string all = lower(text);
  const size_t at = all.starts_with("message-id:") ? 0 : all.find("\nmessage-id:");
  if (at == std::string::npos) return;
  const std::string_view value = text.substr(at + (at == 0 ? 11 : 12));
  add_ids(value.substr(0, std::min(value.find('\n', value.find_first_not_of(" \t\r\n")), value.size())), to);
}

// Looks through the parts of a report.
class Report {
 public:
  explicit Report(HeardMail& out) : out_(out) {}

  void look(GMimeObject* part, int depth) {
    if (part == nullptr || depth > kDepthMax || ++parts_ > kPartsMax) return;
    const std::string type = type_of(part);
    if (type == "message/delivery-status" || type == "message/global-delivery-status") return status(content_of(part));
    if (type == "text/rfc822-headers" || type == "message/rfc822-headers")
      return add_id_of_headers(content_of(part), out_.named);
    if (GMIME_IS_MESSAGE_PART(part)) {
      GMimeMessage* const inner = g_mime_message_part_get_message(reinterpret_cast<GMimeMessagePart*>(part));
      if (inner != nullptr) add_ids(header_of(reinterpret_cast<GMimeObject*>(inner), "Message-ID"), out_.named);
      return;
    }
    if (!GMIME_IS_MULTIPART(part)) return;
    auto* const parts = reinterpret_cast<GMimeMultipart*>(part);
    for (int i = 0; i < g_mime_multipart_get_count(parts); ++i) look(g_mime_multipart_get_part(parts, i), depth + 1);
  }
  [[nodiscard]] bool is_one() const { return is_one_; }

 private:
  void status(std::string_view text) {
    const DeliveryStatus found = read_delivery_status(text);
    if (found.recipients.empty()) return;
    is_one_ = true;
    if (!found.envelope_id.empty()) out_.envelope_id = found.envelope_id;
    const auto failed = std::ranges::find(found.recipients, DeliveryAction::failed, &DeliveryStatus::Recipient::action);
    if (failed == found.recipients.end() || out_.kind == MailKind::bounce) return;
    out_.kind = MailKind::bounce;
    out_.status = failed->status;
  }

  HeardMail& out_;
  int parts_ = 0;
  bool is_one_ = false;
};

// The header of a message that is a part, as it came.
std::string header_of_part(GMimeObject* part) {
  GMimeMessage* const inner = g_mime_message_part_get_message(reinterpret_cast<GMimeMessagePart*>(part));
  if (inner == nullptr) return {};
  const std::unique_ptr<char, decltype(&g_free)> text(
      g_mime_object_get_headers(reinterpret_cast<GMimeObject*>(inner), nullptr), &g_free);
  return text == nullptr ? std::string() : std::string(std::string_view(text.get()).substr(0, kStatusOctetsMax));
}

// Looks through the parts of a feedback report (RFC 5965 section 2): the first of each kind counts.
class Feedback {
 public:
  explicit Feedback(HeardMail& out) : out_(out) {}

  void look(GMimeObject* part, int depth) {
    if (part == nullptr || depth > kDepthMax || ++parts_ > kPartsMax) return;
    const std::string type = type_of(part);
    if (type == "message/feedback-report") {
      if (out_.report.empty()) out_.report = content_of(part);
    } else if (type == "text/rfc822-headers" || type == "message/rfc822-headers") {
      if (out_.copied.empty()) out_.copied = content_of(part);
    } else if (GMIME_IS_MESSAGE_PART(part)) {
      if (out_.copied.empty()) out_.copied = header_of_part(part);
    } else if (GMIME_IS_MULTIPART(part)) {
      auto* const all = reinterpret_cast<GMimeMultipart*>(part);
      for (int i = 0; i < g_mime_multipart_get_count(all); ++i) look(g_mime_multipart_get_part(all, i), depth + 1);
    }
  }

 private:
  HeardMail& out_;
  int parts_ = 0;
};

// RFC 3834 section 5, and what machines said before it.
bool is_automatic(GMimeObject* message) {
  const std::string submitted = lower(header_of(message, "Auto-Submitted"));
  if (!submitted.empty() && !submitted.starts_with("no")) return true;
  const std::string precedence = lower(header_of(message, "Precedence"));
  for (const char* word : {"bulk", "junk", "list", "auto_reply"})
    if (precedence.starts_with(word)) return true;
  for (const char* name : {"X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "List-Id"})
    if (!header_of(message, name).empty()) return true;
  return false;
}

// Exim writes no report; it names the failed recipients in the header, and the reason in words that begin with the
// reply of the other server.
bool is_exim_bounce(GMimeObject* message, HeardMail& out) {
  if (header_of(message, "X-Failed-Recipients").empty()) return false;
  out.kind = MailKind::bounce;
  out.status = "5.0.0";
  GMimeObject* const body = g_mime_message_get_mime_part(reinterpret_cast<GMimeMessage*>(message));
  const std::string text = body == nullptr ? std::string() : content_of(body);
  const size_t copy = std::min(text.find("\n------"), text.size());
  const std::string_view why = std::string_view(text).substr(0, copy);
  for (size_t at = why.find(": 5"); at != std::string_view::npos; at = why.find(": 5", at + 1)) {
    const std::string_view reply = why.substr(at + 2, why.find('\n', at) - at - 2);
    if (reply.size() < 4 || (reply[3] != ' ' && reply[3] != '-')) continue;
    if (const auto status = enhanced_status_at(reply.substr(4)); !status.empty()) out.status = status;
    break;
  }
  add_id_of_headers(std::string_view(text).substr(copy), out.named);
  return true;
}

void classify(GMimeMessage* message, bool has_sender, HeardMail& out) {
  auto* const object = reinterpret_cast<GMimeObject*>(message);
  GMimeObject* const body = g_mime_message_get_mime_part(message);
  const std::string report = body == nullptr ? std::string() : parameter_of(body, "report-type");
  Report parts(out);
  if (report != "feedback-report") parts.look(body, 0);
  add_ids(header_of(object, "In-Reply-To"), out.named);
  add_ids(header_of(object, "References"), out.named);
  if (parts.is_one()) {
    if (out.kind != MailKind::bounce) out.kind = MailKind::no_bounce;
  } else if (report == "feedback-report") {
    out.kind = MailKind::report;
    Feedback(out).look(body, 0);
  } else if (!is_exim_bounce(object, out)) {
    const bool by_machine = report == "disposition-notification" || !has_sender || is_automatic(object);
    out.kind = by_machine ? MailKind::automatic : out.named.empty() ? MailKind::other : MailKind::reply;
  }
}

}  // namespace

HeardMail read_mail(std::string_view message, std::string_view sender) {
  static const bool kStarted = [] {
    g_mime_init();
    return true;
  }();
  HeardMail out;
  message = message.substr(0, kHeardMailMax);
  if (!kStarted || message.empty()) return out;
  const Owned<GMimeStream> memory(g_mime_stream_mem_new_with_buffer(message.data(), message.size()));
  const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(memory.get()));
  const Owned<GMimeMessage> parsed(g_mime_parser_construct_message(parser.get(), nullptr));
  if (parsed != nullptr) classify(parsed.get(), !sender.empty(), out);
  return out;
}

}  // namespace postern::wire
