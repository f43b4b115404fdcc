"""The second wall against queries that reach out: a worker that cannot open internet sockets.

The first wall is :mod:`kg.sparql.guard`, which refuses ``SERVICE`` and ``LOAD`` by tokens.
Where this one is not to be had, off Linux or on another processor, the first stands alone.
"""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import platform
import struct
import sys
from typing import Final

log = logging.getLogger(__name__)

#: For each processor: its audit number and that of the system call ``socket``.
#: Sources: linux/audit.h, asm/unistd_64.h, asm-generic/unistd.h.
_PROCESSORS: Final = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2
_ALLOW: Final = 0x7FFF0000
_ERRNO: Final = 0x00050000
_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_IF_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K
#: Offsets in struct seccomp_data.
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_AF_INET, _AF_INET6 = 2, 10


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def forbid_network() -> bool:
    """Let this process open no internet socket from now on; tell whether that holds.

    Local sockets stay possible. The filter is inherited and cannot be taken off.
    """
    processor = _PROCESSORS.get(platform.machine())
    if sys.platform != "linux" or processor is None:
        return False
    code = _filter(*processor)
    program = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 and (
        libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0
    ):
        return True
    log.warning("no filter on sockets (%s)", os.strerror(ctypes.get_errno()))
    return False


def _filter(architecture: int, socket_call: int) -> bytes:
    """Return the filter's instructions: code, two jumps, a number."""
    refuse = _ERRNO | errno.EACCES
    steps = (
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 0, 6, architecture),
        (_LOAD, 0, 0, _NUMBER),
        (_IF_EQUAL, 0, 4, socket_call),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_IF_EQUAL, 1, 0, _AF_INET),
        (_IF_EQUAL, 0, 1, _AF_INET6),
        (_RETURN, 0, 0, refuse),
        (_RETURN, 0, 0, _ALLOW),
    )
    return b"".join(struct.pack("<HBBI", *step) for step in steps)
