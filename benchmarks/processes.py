"""Run commands and tell what they took. Needs /proc, so Linux.

A command gets a session of its own: its processes are found by that session's number,
and none outlives its measurement.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
#: Environment that would lead a command back to the checkout, to other settings, or to
#: compiling spaCy at each start (1.8 s).
_OURS = (
    *("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV"),
    *("MAKEFLAGS", "MAKELEVEL", "MFLAGS"),
)
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1_000_000
#: Seconds between two looks at the memory.
_LOOK_S = 0.05
_STOP_S = 20.0


class Failed(Exception):
    """One line: where: what was found; what was expected."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a command said and took.

    ``seconds`` is wall time, ``cpu_seconds`` that of all its processes, ``peak_mb`` the
    highest sum of their resident memory: pages that several share count several times.
    """

    output: str
    messages: str
    seconds: float
    cpu_seconds: float
    peak_mb: float


def environment(**changes: str) -> dict[str, str]:
    """Return this process's environment without what names the checkout or settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _OURS and not name.startswith("KG_")
    }
    return kept | {"PYTHONNOUSERSITE": "1"} | changes


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    expect: Sequence[int] = (0,),
    env: Mapping[str, str] | None = None,
) -> Run:
    """Run a command to its end and measure it.

    Raises:
        Failed: its exit code is not one of *expect*.
    """
    before, start = _children_cpu(), time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as messages:
        with session(command, cwd=cwd, env=env, stdout=out, stderr=messages) as process:
            peak = 0.0
            while process.poll() is None:
                peak = max(peak, _session_mb(process.pid))
                try:
                    process.wait(_LOOK_S)
                except subprocess.TimeoutExpired:
                    continue
            seconds = time.perf_counter() - start
        for file in (out, messages):
            file.seek(0)
        output, said = out.read(), messages.read()
    if process.returncode not in expect:
        last = " | ".join((said.strip() or output.strip()).splitlines()[-6:])
        name = " ".join(Path(str(part)).name for part in command[:4])
        raise Failed(f"{name}: exit code {process.returncode}, {last!r}; expected {expect[0]}")
    return Run(output, said, seconds, _children_cpu() - before, peak)


@contextmanager
def session(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdout: int | IO[str],
    stderr: int | IO[str],
) -> Iterator[subprocess.Popen[str]]:
    """Start a command in a session of its own, and end what is left of it after the block.

    Raises:
        Failed: after the block, a process outlived a polite request to end.
    """
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env=dict(env or environment()),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        left = _stop(process)
        if process.stdout:
            process.stdout.close()
        if process.stderr:
            process.stderr.close()
    if left:
        raise Failed(f"{command[0]}: processes {left} did not end; expected none to be left")


def _stop(process: subprocess.Popen[str]) -> list[int]:
    """End a session as Ctrl-C does; return the processes that had to be killed."""
    if _members(process.pid):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        deadline = time.monotonic() + _STOP_S
        while _members(process.pid) and time.monotonic() < deadline:
            process.poll()
            time.sleep(_LOOK_S)
    left = list(_members(process.pid))
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    return left


def _members(number: int) -> dict[int, float]:
    """Return the living processes of a session and the MB that each has resident."""
    found = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                text = Path(entry.path, "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:  # ended meanwhile
                continue
            values = text.rpartition(")")[2].split()  # state is the first, see proc(5)
            if int(values[3]) == number and values[0] not in "ZX":
                found[int(entry.name)] = int(values[21]) * _PAGE_MB
    return found


def _session_mb(number: int) -> float:
    return sum(_members(number).values())


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def get(url: str) -> tuple[int, str, bytes]:
    """Return status, media type and body of a page; status 0 where nobody answers."""
    # A proxy that the environment names is not for this machine's own server.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=30) as reply:
            return reply.status, reply.headers.get_content_type(), reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get_content_type(), error.read()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return 0, "", b""


def wait_for(url: str, process: subprocess.Popen[str], *, within_s: float) -> None:
    """Wait until *url* answers 200.

    Raises:
        Failed: the process ended, or the time is over.
    """
    deadline = time.monotonic() + within_s
    status = 0
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Failed(f"{url}: its server ended with {process.returncode}; expected an answer")
        status = get(url)[0]
        if status == 200:
            return
        time.sleep(0.02)
    raise Failed(f"{url}: {status or 'no answer'} after {within_s:g} s; expected 200")


def fail_if_not_linux() -> None:
    if not Path("/proc/self/stat").exists():
        sys.exit("benchmarks: no /proc here; expected Linux")
