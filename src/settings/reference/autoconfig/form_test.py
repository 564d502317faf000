# SPDX-License-Identifier: Apache-2.0
"""form_test.py PROGRAM: what `postern relay autoconfig xml` prints, which is what edge/autoconfig serves, has the form that mail
programs read (config-v1.1.rng beside this file, by xmllint), whatever the settings it is made from; and says what they say."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[3]
PROGRAM = ""
NETWORK = {"subscriber_prefixes": ["10.64.0.0/16"], "subscriber_interfaces": ["sub*"], "uplink_interfaces": ["up*"]}
PROVIDER = {"name": "Seeland Net", "url": "https://mail-help.seeland.example", "contact": "abuse@seeland.example",
            "relay_host": "relay.isp.example", "relay": ["203.0.113.25"]}
AUTOCONFIG = {"domains": ["isp.example"], "imap_host": "imap.isp.example", "pop_host": "", "sign_in": "address"}


def toml(value: str | list[str]) -> str:
    return f"[{', '.join(map(toml, value))}]" if isinstance(value, list) else '"' + value.replace('"', '\\"') + '"'


def printed(provider: dict[str, str | list[str]], autoconfig: dict[str, str | list[str]]) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        for section, keys in (("provider", provider), ("network", NETWORK), ("autoconfig", autoconfig)):
            file.write(f"[{section}]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in keys.items() if value))
        file.flush()
        done = subprocess.run([PROGRAM, "relay", "autoconfig", "xml", file.name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def faults(text: str) -> str:
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--relaxng", str(HERE / "config-v1.1.rng"), "-"], input=text,
                          capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stderr


class Form(unittest.TestCase):
    def good(self, provider: dict[str, str | list[str]], autoconfig: dict[str, str | list[str]]) -> ElementTree.Element:
        text = printed(PROVIDER | provider, AUTOCONFIG | autoconfig)
        self.assertEqual(faults(text), "", text)
        found = ElementTree.fromstring(text).find("emailProvider")
        assert found is not None
        return found

    def test_servers_as_the_settings_say(self) -> None:
        for imap, pop, sign_in in itertools.product(("imap.isp.example", ""), ("pop.isp.example", ""), ("address", "local_part")):
            if not imap and not pop:
                continue
            with self.subTest(imap=imap, pop=pop, sign_in=sign_in):
                made = self.good({}, {"imap_host": imap, "pop_host": pop, "sign_in": sign_in})
                incoming = [("imap", imap, "993", "SSL")] * bool(imap) + [("pop3", pop, "995", "SSL")] * bool(pop)
                outgoing = [("smtp", "relay.isp.example", "465", "SSL"), ("smtp", "relay.isp.example", "587", "STARTTLS")]
                servers = made.findall("incomingServer") + made.findall("outgoingServer")
                self.assertEqual([(s.get("type"), *(s.findtext(n) for n in ("hostname", "port", "socketType"))) for s in servers],
                                 incoming + outgoing)
                name = {"address": "%EMAILADDRESS%", "local_part": "%EMAILLOCALPART%"}[sign_in]
                self.assertEqual({s.findtext("username") for s in servers}, {name})

    def test_the_provider_as_the_settings_say(self) -> None:
        for name in ("Seeland Net", "Müller & Söhne <ISP>", "\"Quoted\" 'n' ]]> more"):
            made = self.good({"name": name}, {})
            self.assertEqual((made.findtext("displayName"), made.findtext("displayShortName")), (name, name))
        for url in ("https://help.isp.example:8443/mail", "http://help.isp.example/a&b"):
            documentation = self.good({"url": url}, {}).find("documentation")
            assert documentation is not None
            self.assertEqual(documentation.get("url"), url)
        made = self.good({"relay_host": "smtp-out.isp.example"}, {})
        self.assertEqual({s.findtext("hostname") for s in made.findall("outgoingServer")}, {"smtp-out.isp.example"})

    def test_domains_as_the_settings_say(self) -> None:
        for domains in (["isp.example"], ["Home.example", "isp.example", "xn--mller-kva.example"]):
            made = self.good({}, {"domains": domains})
            self.assertEqual(made.get("id"), domains[0])
            self.assertEqual([d.text for d in made.findall("domain")], domains)

    def test_the_form_refuses_what_programs_would_not_understand(self) -> None:
        good = printed(PROVIDER, AUTOCONFIG)
        for words, others in (("incomingServer", "incommingServer"), ("<port>993</port>", ""), ("<port>993", "<port>0"),
                              ("<port>993", "<port>65536"), (">SSL<", ">TLS<"), (">STARTTLS<", ">plain<"),
                              ("%EMAILADDRESS%", "%EMAIL%"), ('type="imap"', 'type="imaps"'), (' id="isp.example"', ""),
                              ('version="1.1"', 'version="1.0"'), ("password-cleartext", "plain"), ("<domain>isp.example</domain>", ""),
                              ("relay.isp.example", "relay isp"), ("https://mail-help", "mail-help"), ('lang="de"', 'lang="deutsch"'),
                              ("<displayName>Seeland Net</displayName>", "<displayName></displayName>")):
            self.assertIn(words, good)
            self.assertNotEqual(faults(good.replace(words, others)), "", (words, others))
        for server in ("incomingServer", "outgoingServer"):
            self.assertNotEqual(faults(re.sub(rf"(?s)<{server}.*</{server}>", "", good)), "", server)


if __name__ == "__main__":
    if shutil.which("xmllint") is None:
        sys.exit(subprocess.call([str(ROOT / "tests" / "support" / "skip.sh"), "needs xmllint"]))
    PROGRAM = sys.argv.pop(1)
    unittest.main()
