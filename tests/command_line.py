"""The command line, run in this process or as one of its own, and what it told."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from kg.cli import main
from kg.store import export, open_snapshot
from kg.vocab import PREFIXES

ROOT = Path(__file__).resolve().parent.parent
#: where: what was found; what was expected, or what to do
_TOLD = re.compile(r"kg: [^\n]*\S: [^\n]+; [^\n]+\n")


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended: its exit code, and the bytes and text that it wrote."""

    code: int
    data: bytes
    err: str

    @property
    def out(self) -> str:
        return self.data.decode("utf-8")


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment without its own settings, and with *env*."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KG_")}
    return {**kept, **env}


def kg(*args: object, input_: bytes | str = b"", **env: str) -> Done:
    """Run a command in this process; an error that nobody catches goes on to the test."""
    unset = {name: None for name in os.environ if name.startswith("KG_")}
    on_interrupt = signal.getsignal(signal.SIGINT)
    try:
        result = CliRunner().invoke(
            main, [str(one) for one in args], input=input_, env={**unset, **env}
        )
    finally:
        signal.signal(signal.SIGINT, on_interrupt)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout_bytes, result.stderr)


def command(*args: object) -> list[str]:
    """Return the words that run a command as a process of its own."""
    return [sys.executable, "-m", "kg.cli", *(str(one) for one in args)]


def run(words: Sequence[str], input_: bytes = b"", **env: str) -> Done:
    """Run a process to its end, one minute at most."""
    done = subprocess.run(
        words, input=input_, capture_output=True, env=environment(env), timeout=60, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr.decode("utf-8"))


def assert_told(done: Done, *parts: str) -> None:
    """An error as all are to be: one line on stderr, exit code 1, and nothing on stdout."""
    assert done.code == 1, done
    assert _TOLD.fullmatch(done.err), done.err
    for part in parts:
        assert part in done.err
    assert done.data == b""


def dump(store: Path) -> bytes:
    """Return all that a store holds."""
    out = io.BytesIO()
    with open_snapshot(store) as snapshot:
        export(snapshot, out, "nq", prefixes=PREFIXES)
    return out.getvalue()
