// SPDX-License-Identifier: Apache-2.0
#include "page/case_words.h"

namespace postern::page {

const CaseWords& case_words_de() {
  static const CaseWords kWords{
      .calendar = &calendar_de(),
      .seen_heading = "Was wir gesehen haben",
      .seen_case = "Fall {number}, eröffnet am {day}.",
      .seen_services = "Es geht um {services}.",
      .seen_last = "Zuletzt gesehen: {moment}.",
      .seen_count = "{count} Versuche wurden heute abgewiesen.",
      .seen_none = "In letzter Zeit wurde nichts mehr gesehen.",
      .deadline = "Bitte bringen Sie es bis {moment} in Ordnung.",
      .attempts = {.caption = "Die letzten Versuche", .when = "Wann (UTC)", .where = "Wohin"},
      .mail_service = "Mail, die direkt an fremde Mailserver geht (Port 25)",
      .tcp = "TCP-Port {port}",
      .udp = "UDP-Port {port}",
      .steps_heading = "Was zu tun ist, Schritt für Schritt",
      .steps =
          {
              "Schreiben Sie auf, was angeschlossen ist: zuerst Computer, dann Kameras, Rekorder, TV-Boxen, Drucker "
              "und "
              "den Router.",
              "Trennen Sie, was Sie nicht brauchen oder nicht kennen. Hören die Versuche auf, haben Sie das Gerät "
              "gefunden.",
              "Prüfen Sie jeden Computer vollständig mit einem aktuellen Virenscanner.",
              "Spielen Sie alle Updates ein, auch auf dem Router. Geben Sie ihm ein neues Passwort und schalten Sie "
              "die "
              "Fernverwaltung ab.",
              "Ändern Sie danach Ihre Mail-Passwörter, auf einem Gerät, dem Sie trauen.",
              "Geräte, die keine Updates mehr bekommen, sollten getrennt bleiben.",
          },
      .steps_after = "Wenn die Versuche aufhören, sehen wir das von selbst. Sie müssen nichts beweisen.",
      .tell_heading = "Sagen Sie uns Bescheid",
      .tell_why = "Was Sie drücken, wird für unsere Mitarbeiter notiert. Es ist kein Eingeständnis.",
      .said = {"", "Sie haben uns gesagt, dass Sie dies gelesen haben.", "Sie haben uns gesagt, dass es behoben ist.",
               "Sie haben uns gesagt, dass dies nicht stimmt. Ein Mensch sieht es sich an.",
               "Sie haben uns gesagt, dass Sie Hilfe brauchen. Ein Mensch meldet sich."},
      .fixed_many =
          "Sie können den Anschluss noch {count} Mal selbst öffnen. Wir sehen dann nach: kommt nichts mehr, "
          "öffnet er sich von selbst.",
      .fixed_once =
          "Sie können den Anschluss noch einmal selbst öffnen. Wir sehen dann nach: kommt nichts mehr, öffnet "
          "er sich von selbst.",
      .fixed_none =
          "Der Anschluss wurde schon auf Knopfdruck geöffnet, und das Problem kam wieder. Diesmal öffnet ihn "
          "ein Mensch; bitte melden Sie sich.",
      .fixed_open = "Wir sehen dann nach, ob es wirklich aufgehört hat.",
      .fixed_pending = "Kommt nichts mehr, öffnet sich der Anschluss am {moment} von selbst.",
      .still_seen = "Zuletzt gesehen: {moment}. Solange es weitergeht, bleibt der Anschluss, wie er ist.",
      .read_button = "Ich habe dies gelesen",
      .fixed_button = "Es ist behoben",
      .help_button = "Ich brauche Hilfe",
      .dispute_button = "Das stimmt nicht",
      .help_text = "Ein Mensch ruft Sie an oder schreibt Ihnen.",
      .dispute_text =
          "Nichts an diesem Anschluss kann das gewesen sein: ein Mensch sieht sich die Belege noch einmal "
          "an.",
      .person_heading = "Mit einem Menschen sprechen",
      .person_intro = "Nennen Sie uns {reference}. Damit sehen wir, was war, und Sie müssen es nicht erklären.",
      .person = {.mail = "Mail", .phone = "Telefon", .subject = "{reference}"},
  };
  return kWords;
}

}  // namespace postern::page
