"""Confining a process and all it starts to some folders, without being root: Landlock, of Linux 5.13 and later.

On one machine all servers run under one user of the system, whose files hold the platform's keys. A confined process
can neither read those files, nor look into processes outside, nor (since Linux 6.12) send them signals. Only the
standard library is used, so that nothing else runs before.

References
----------
Linux kernel documentation, "Landlock: unprivileged access control" (userspace-api/landlock).
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES, _DROP_CAPABILITY = 38, 24
_CAPABILITIES_VERSION = 0x20080522

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_CHANGE_FOLDER = sum(1 << bit for bit in range(4, 13))  # remove and make entries of every kind
_REFER, _TRUNCATE = 1 << 13, 1 << 14  # since versions 2 and 3
_SCOPES = 0b11  # abstract sockets and signals, since version 6

_READ = _EXECUTE | _READ_FILE | _READ_FOLDER
_WRITE = _READ | _WRITE_FILE | _CHANGE_FOLDER | _REFER | _TRUNCATE
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/nix", "/proc", "/sys")
"""Where programs, their libraries and what the system says of itself lie."""

RESOLVER = ("/run/systemd/resolve", "/run/resolvconf")
"""Where ``/etc/resolv.conf`` leads."""

DEVICES = (
    *("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"),
    *("/dev/tty", "/dev/ptmx", "/dev/pts"),
    "/dev/shm",  # noqa: S108 (not ours to write into: theirs)
)
"""Harmless devices, terminals, and memory that processes share."""


def version() -> int:
    """Version of Landlock this system offers; 0 where it offers none."""
    if os.name != "posix" or not Path("/proc/self").exists():
        return 0
    return max(0, _system_call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION)))


def confine(readable: Iterable[str], writable: Iterable[str]) -> bool:
    """Leave this process, and all it will ever start, with these places; tells whether the system can.

    Parameters
    ----------
    readable, writable : iterable of str
        Files and folders; those that are not there are passed over.

    Raises
    ------
    OSError
        If the system offers Landlock and refuses it.
    """
    offered = version()
    if not offered:
        return False
    handled = _WRITE & ~(_REFER if offered < 2 else 0) & ~(_TRUNCATE if offered < 3 else 0)
    # Each version added a field; what is not handled stays as allowed as before.
    attributes = struct.pack("=QQQ", handled, 0, _SCOPES if offered >= 6 else 0)[: 8 if offered < 4 else 24]
    attributes = attributes[:16] if offered in (4, 5) else attributes
    ruleset = _check(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    try:
        for path in readable:
            _allow(ruleset, path, _READ & handled)
        for path in writable:
            _allow(ruleset, path, _WRITE & handled)
        _give_up_privileges()
        _check(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)
    return True


def _give_up_privileges() -> None:
    """No program gives us more rights than we have; root has none of its special ones.

    With them, root would still read the environments of processes outside.
    """
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "cannot give up new privileges")
    if os.geteuid() == 0:
        for capability in range(64):  # those that are not there are refused
            library.prctl(_DROP_CAPABILITY, capability, 0, 0, 0)
        if library.capset(struct.pack("=Ii", _CAPABILITIES_VERSION, 0), bytes(24)):
            raise OSError(ctypes.get_errno(), "cannot give up root's capabilities")


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        allowed = access if os.path.isdir(path) else access & _OF_FILES  # noqa: PTH112 (a text, as everywhere here)
        rule = struct.pack("=Qi", allowed, descriptor)
        _check(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0))
    finally:
        os.close(descriptor)


def _check(number: int, *arguments: object) -> int:
    result = _system_call(number, *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock's call {number}: {os.strerror(code)}")
    return result


def _system_call(number: int, *arguments: object) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    return int(library.syscall(ctypes.c_long(number), *arguments))
