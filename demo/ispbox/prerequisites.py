# SPDX-License-Identifier: Apache-2.0
"""What this machine must have, checked before anything is made."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
from pathlib import Path

from .shell import Failure, run
from .topology import require_veth

# program -> Debian package
PROGRAMS = {"ip": "iproute2", "ss": "iproute2", "nsenter": "util-linux", "sysctl": "procps", "tcpdump": "tcpdump",
            "swaks": "swaks", "curl": "curl", "openssl": "openssl", "radclient": "freeradius-utils", "freeradius": "freeradius",
            "postfix": "postfix", "smtp-sink": "postfix", "dovecot": "dovecot-core", "nft": "nftables",
            "perl": "perl"}
# Perl module that swaks loads for TLS and IPv6 -> Debian package
MODULES = {"Net::SSLeay": "libnet-ssleay-perl", "IO::Socket::INET6": "libio-socket-inet6-perl"}
STILL = "./dev build, the unit tests and the fuzzers work without it"
BPF_SYSCALL = {"x86_64": 321, "aarch64": 280}
BPF_MAP_CREATE, BPF_MAP_TYPE_ARRAY = 0, 2


def missing(needs_bpf: bool) -> str:
    """Empty, or one sentence: what is missing and what still works."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if os.geteuid() != 0:
        return f"needs root (network namespaces and BPF); {STILL}."
    absent = sorted({package for program, package in PROGRAMS.items() if shutil.which(program) is None}
                    | {package for module, package in MODULES.items()
                       if run(["perl", f"-M{module}", "-e1"], check=False).returncode != 0})
    if absent:
        return f"missing packages: {' '.join(absent)} (./dev deps installs them); {STILL}."
    try:
        require_veth()
    except Failure as failure:
        return f"{failure}; {STILL}."
    if needs_bpf and not bpf_works():
        return ("this kernel or container does not let root load BPF programs, so the gate cannot run; "
                f"./dev demo --baseline shows the network without it, and {STILL}.")
    return ""


def bpf_works() -> bool:
    """Makes and drops one tiny BPF map."""
    number = BPF_SYSCALL.get(platform.machine())
    if number is None:
        return Path("/sys/fs/bpf").is_dir()
    attributes = (ctypes.c_uint32 * 32)(BPF_MAP_TYPE_ARRAY, 4, 4, 1)
    handle = ctypes.CDLL(None, use_errno=True).syscall(number, BPF_MAP_CREATE, attributes, ctypes.sizeof(attributes))
    if handle >= 0:
        os.close(handle)
    return bool(handle >= 0)
