#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""package_test.py BUILD: the Debian package holds what an operator needs where the units and manuals say it is, asks for
the libraries it uses, and its programs run out of it. It is unpacked, not installed: this machine stays as it is."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILD = Path()


def sh(*argv: str, cwd: Path | None = None) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=240, check=False, cwd=cwd)
    if done.returncode != 0:
        raise RuntimeError(f"exit {done.returncode}: {' '.join(argv)}\n{done.stdout}{done.stderr}")
    return done.stdout


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="pn-package-")))
        sh("cpack", "--config", str(BUILD / "CPackConfig.cmake"), "-G", "DEB", "-B", str(cls.folder / "out"), cwd=BUILD)
        [cls.deb] = (cls.folder / "out").glob("*.deb")
        cls.root = cls.folder / "root"
        sh("dpkg-deb", "-x", str(cls.deb), str(cls.root))
        sh("dpkg-deb", "-e", str(cls.deb), str(cls.folder / "control"))

    def test_what_units_and_manuals_name_is_there(self) -> None:
        for unit in ("posternd.service", "postern-guard.service"):
            text = (self.root / "usr/lib/systemd/system" / unit).read_text()
            [program] = re.findall(r"^ExecStart=(\S+)", text, re.M)
            self.assertTrue((self.root / program.lstrip("/")).is_file(), program)
        for name in ("usr/bin/postern", "usr/lib/sysusers.d/postern.conf", "usr/share/man/man1/postern.1",
                     "usr/share/man/man5/postern.toml.5", "usr/share/man/man8/posternd.8",
                     "usr/share/postern/postern.schema.json", "usr/share/doc/postern/copyright",
                     "usr/share/doc/postern/examples/small-isp/postern.toml",
                     "usr/share/doc/postern/operator/getting-started.md"):
            self.assertTrue((self.root / name).is_file(), name)
        self.assertFalse((self.root / "etc").exists(), "settings are the operator's")

    def test_it_asks_for_the_libraries_it_uses(self) -> None:
        depends = sh("dpkg-deb", "-f", str(self.deb), "Depends")
        for library in ("libbpf", "libsqlite3-0", "libsodium", "libmicrohttpd", "libc6", "nftables"):
            self.assertIn(library, depends)
        for program in ("usr/sbin/posternd", "usr/bin/postern"):
            dynamic = sh("readelf", "-d", str(self.root / program))
            self.assertNotIn("RUNPATH", dynamic, "no path of the build goes into a package")
            self.assertNotIn("RPATH", dynamic)

    def test_the_programs_run_out_of_it(self) -> None:
        version = sh("dpkg-deb", "-f", str(self.deb), "Version").strip()
        self.assertEqual(sh(str(self.root / "usr/sbin/posternd"), "--version"), f"posternd {version}\n")
        self.assertEqual(sh(str(self.root / "usr/bin/postern"), "--version"), f"postern {version}\n")
        example = self.root / "usr/share/doc/postern/examples/small-isp/postern.toml"
        self.assertIn("good", sh(str(self.root / "usr/sbin/posternd"), "--check", "--config", str(example)))

    def test_its_scripts_are_sound(self) -> None:
        for name in ("postinst", "prerm", "postrm"):
            script = self.folder / "control" / name
            sh("sh", "-n", str(script))
            self.assertTrue(script.stat().st_mode & 0o111, name)
        users = (self.root / "usr/lib/sysusers.d/postern.conf").read_text()
        self.assertIn("\nu postern ", users)


if __name__ == "__main__":
    BUILD = Path(sys.argv.pop(1)).resolve()
    unittest.main()
