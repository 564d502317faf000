# SPDX-License-Identifier: Apache-2.0
"""OpenLDAP's slapd as the directory that examples/relay's LDAP files speak of: inetOrgPerson entries, the overlay ppolicy, and
a service that may write pwdAccountLockedTime. On loopback, both families, its usual port."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from lab import came_true, die_with_parent, sh

BASE = "dc=isp,dc=example"
SERVICE, SECRET = f"cn=postern,ou=services,{BASE}", "lab-ldap-secret"
SLAPD = """\
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {home}/slapd.pid
access to attrs=userPassword by anonymous auth by * none
access to attrs=pwdAccountLockedTime by dn.exact="{service}" write by * none
access to * by dn.exact="{service}" read by anonymous read by * none
database mdb
suffix "{base}"
rootdn "cn=admin,{base}"
rootpw {secret}
directory {home}/data
maxsize 16777216
overlay ppolicy
ppolicy_default "cn=default,ou=policies,{base}"
"""
ENTRIES = """\
dn: {base}
objectClass: dcObject
objectClass: organization
o: isp
dc: isp

{folders}dn: cn=default,ou=policies,{base}
objectClass: person
objectClass: pwdPolicy
cn: default
sn: default
pwdAttribute: userPassword
pwdLockout: TRUE

dn: {service}
objectClass: person
cn: postern
sn: postern
userPassword: {secret}

"""
PERSON = "dn: uid={uid},ou=people,{base}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: {uid}\nmail: {mail}\n" \
         "userPassword: {password}\n\n"


def missing() -> str:
    """What of OpenLDAP and of Dovecot's part is not here: a Debian package."""
    have = {"slapd": "/usr/sbin/slapd", "ldap-utils": "/usr/bin/ldapmodify",
            "dovecot-ldap": "/usr/lib/dovecot/modules/auth/libauthdb_ldap.so"}
    return next((package for package, file in have.items() if not Path(file).exists()), "")


class Directory:
    """`users`: mail address -> password. `secret_file`: of the service."""

    def __init__(self, home: Path, users: dict[str, str]) -> None:
        (home / "data").mkdir(parents=True)
        self.secret_file = home / "secret"
        self.secret_file.write_text(SECRET)
        self.secret_file.chmod(0o600)
        config = home / "slapd.conf"
        config.write_text(SLAPD.format(home=home, base=BASE, service=SERVICE, secret=SECRET))
        folders = "".join(f"dn: ou={ou},{BASE}\nobjectClass: organizationalUnit\nou: {ou}\n\n"
                          for ou in ("people", "services", "policies"))
        sh("slapadd", "-q", "-f", str(config), stdin=ENTRIES.format(base=BASE, service=SERVICE, secret=SECRET, folders=folders)
           + "".join(PERSON.format(uid=u.partition("@")[0], base=BASE, mail=u, password=p) for u, p in users.items()))
        self._home = home
        with open(home / "log", "ab") as log:
            self._slapd = subprocess.Popen(["slapd", "-f", str(config), "-h", "ldap://127.0.0.1 ldap://[::1]", "-d", "stats"],
                                           stdout=log, stderr=log, preexec_fn=die_with_parent)
        if not came_true(lambda: sh("ldapwhoami", "-x", "-H", "ldap://[::1]", check=False).returncode == 0, 30):
            raise RuntimeError("no slapd:\n" + self.log())

    def log(self) -> str:
        return (self._home / "log").read_text(errors="replace")

    def locked(self, mail: str) -> bool:
        return "pwdAccountLockedTime: 000001010000Z" in sh(
            "ldapsearch", "-LLL", "-x", "-H", "ldap://127.0.0.1", "-D", f"cn=admin,{BASE}", "-w", SECRET, "-b", BASE, f"(mail={mail})",
            "pwdAccountLockedTime").stdout

    def close(self) -> None:
        self._slapd.terminate()
        self._slapd.wait(30)
        shutil.rmtree(self._home, ignore_errors=True)
