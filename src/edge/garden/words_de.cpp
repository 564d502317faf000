// SPDX-License-Identifier: Apache-2.0
#include "edge/garden/words.h"

namespace postern::edge::garden {

const Words& words_de() {
  static const Words kWords{
      .about_case = &page::case_words_de(),
      .garden_title = "Ihr Internetzugang ist angehalten",
      .garden_lead =
          "Ein Gerät an Ihrem Anschluss tut, was befallene Geräte tun. Um Sie und andere zu schützen, hat "
          "{provider} das Internet hier zum größten Teil angehalten, bis das in Ordnung ist. Das passiert "
          "auch vorsichtigen Leuten, und es lässt sich beheben.",
      .services_title = "Ein Teil Ihres Internetzugangs ist angehalten",
      .services_lead =
          "Ein Gerät an Ihrem Anschluss tut, was befallene Geräte tun. {provider} hat geschlossen, wofür "
          "es missbraucht wurde, bis das in Ordnung ist. Alles andere geht wie zuvor.",
      .case_title = "Ein Gerät an Ihrem Anschluss ist wahrscheinlich befallen",
      .case_lead =
          "Wir haben Verkehr gesehen, der nach einem befallenen Gerät aussieht. {provider} hat bisher nichts "
          "geschlossen; bitte sehen Sie bald nach.",
      .none_title = "An Ihrem Anschluss ist nichts angehalten",
      .none_lead = "{provider} hat an diesem Anschluss nichts geschlossen, und es ist nichts zu tun.",
      .unknown_title = "Wir erkennen diesen Anschluss nicht",
      .unknown_lead =
          "Diese Seite ist für die Kunden von {provider} und zeigt nur, was den Anschluss betrifft, von dem "
          "aus sie geöffnet wird.",
      .open_again_title = "Ihr Anschluss ist wieder offen",
      .open_again_lead =
          "Danke. {provider} hat das Internet an diesem Anschluss wieder geöffnet. Bitte laden Sie die "
          "Seite, die Sie wollten, noch einmal.",
      .reload = "Noch einmal laden",
      .since = "So ist es seit {moment}.",
      .works_heading = "Was weiter geht",
      .works = {"Mail verschicken über {relay}, mit Ihrem Mailprogramm und Ihrem Passwort.",
                "Namen nachschlagen und eine Adresse bekommen.", "Updates von Systemen und Virenscannern.",
                "Notrufdienste und das Telefon.", "Diese Seite und alle anderen Seiten von {provider}."},
      .works_mail_unnamed = "Mail verschicken über unseren Mailserver, mit Ihrem Mailprogramm und Ihrem Passwort.",
      .stopped_heading = "Was nicht geht",
      .stopped = {"Alle anderen Seiten und Programme. Sichere Seiten (https) zeigen einen Fehler des Browsers: niemand "
                  "liest mit, die Verbindung wird einfach abgelehnt.",
                  "Mail, die direkt an fremde Mailserver geht."},
      .noted = "Danke, das ist notiert.",
      .retry_title = "Das hat gerade nicht geklappt",
      .retry_text =
          "Was Sie gedrückt haben, konnte gerade nicht notiert werden. Bitte versuchen Sie es in einer Minute "
          "noch einmal, oder sprechen Sie mit uns.",
      .refused_title = "Bitte drücken Sie den Knopf auf dieser Seite",
      .refused_text =
          "Was gesendet wurde, kam nicht von dieser Seite und wurde nicht notiert. Sonst ist nichts "
          "geschehen.",
      .fast_title = "Zu viele Anfragen",
      .fast_text =
          "Von Ihrem Anschluss kamen viele Anfragen. Bitte warten Sie eine Minute und versuchen Sie es noch "
          "einmal.",
      .footer = "Diese Seite braucht keine Skripte und keine Cookies. Man kann sie drucken.",
      .redirect_title = "Der Internetzugang ist angehalten",
      .redirect_text = "Warum, und was zu tun ist: {url}",
  };
  return kWords;
}

}  // namespace postern::edge::garden
