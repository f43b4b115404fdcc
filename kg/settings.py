"""Every option once: flag, else environment (``KG_…``), else ``paperkg.toml``, else default."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from kg.errors import KGError

CONFIG_FILE = "paperkg.toml"


def _option(default: Any, text: str) -> Any:
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a command or a server; the README's table is made from this class."""

    store: Path = _option(Path("data/kg"), "folder of the store")
    base_iri: str = _option("https://w3id.org/paperkg/", "start of every IRI that is made")
    jobs: int = _option(0, "extraction processes; 0 is one per core")
    min_confidence: float = _option(0.0, "mentions and results below this are left out, 0 to 1")
    extract_config: Path | None = _option(None, "spaCy config of the extraction pipeline")
    lock_wait_s: float = _option(10.0, "seconds a second writer waits for the first")
    max_digest_mb: float = _option(20.0, "largest digest file that is read, in MB")
    host: str = _option("127.0.0.1", "address that the server listens on")
    port: int = _option(8000, "port that the server listens on")
    workers: int = _option(0, "query worker processes; 0 is one per core, at least two")
    query_timeout_s: float = _option(10.0, "seconds a query may run")
    query_memory_mb: int = _option(2048, "memory a query worker may use, in MB")
    query_max_kb: int = _option(256, "longest query text, in kB")
    corrections: Path | None = _option(None, "CSV of people's decisions that each build loads")
    queries: Path | None = _option(None, "folder of saved queries; the packaged ones by default")

    @classmethod
    def load(
        cls,
        flags: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] = os.environ,
        config: Path = Path(CONFIG_FILE),
    ) -> Self:
        """Read the settings; a flag of None counts as not given.

        Raises:
            KGError: the file does not parse, or a value is unknown or of the wrong type.
        """
        values: dict[str, Any] = {}
        known = {option.name: option for option in fields(cls)}
        for name, value in _read_config(config).items():
            if name not in known:
                raise KGError(f"{config}: no setting {name!r}; it has: {', '.join(sorted(known))}")
            values[name] = _convert(f"{config}: {name}", value, known[name].type)
        for name, option in known.items():
            variable = f"KG_{name.upper()}"
            if environ.get(variable):
                values[name] = _convert(variable, environ[variable], option.type)
        for name, value in (flags or {}).items():
            if value is not None:
                values[name] = _convert(f"--{name.replace('_', '-')}", value, known[name].type)
        settings = cls(**values)
        settings._check()
        return settings

    def _check(self) -> None:
        if not 0 <= self.min_confidence <= 1:
            raise KGError(f"min_confidence: {self.min_confidence!r}; expected a number from 0 to 1")
        if not self.base_iri.startswith(("http://", "https://")) or self.base_iri[-1] != "/":
            raise KGError(f"base_iri: {self.base_iri!r}; expected http(s)://… ending in '/'")
        for name in (
            *("lock_wait_s", "query_timeout_s", "max_digest_mb"),
            *("query_memory_mb", "query_max_kb"),
        ):
            if not 0 < getattr(self, name) < float("inf"):
                raise KGError(f"{name}: {getattr(self, name)!r}; expected a number above 0")
        for name in ("jobs", "workers"):
            if getattr(self, name) < 0:
                raise KGError(f"{name}: {getattr(self, name)!r}; expected 0 or more")
        if not 0 <= self.port <= 65535:
            raise KGError(f"port: {self.port!r}; expected a number from 0 to 65535")

    @property
    def job_count(self) -> int:
        return self.jobs if self.jobs > 0 else (os.cpu_count() or 1)

    @property
    def worker_count(self) -> int:
        return self.workers if self.workers > 0 else max(2, os.cpu_count() or 1)


def table() -> str:
    """Return the rows of the README's table of settings, in Markdown.

    >>> print(table().splitlines()[2])
    | `store` | `KG_STORE` | `data/kg` | folder of the store |
    """
    rows = ["| setting | environment | default | meaning |", "| --- | --- | --- | --- |"]
    for option in fields(Settings):
        default = "none" if option.default is None else f"`{option.default}`"
        environment = f"`KG_{option.name.upper()}`"
        rows.append(f"| `{option.name}` | {environment} | {default} | {option.metadata['help']} |")
    return "\n".join(rows)


def _read_config(config: Path) -> dict[str, Any]:
    try:
        text = config.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise KGError(f"{config}: cannot be read ({error}); expected a TOML file") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise KGError(
            f"{config}: not valid TOML ({error}); expected lines such as 'port = 8000'"
        ) from error


def _convert(where: str, value: Any, type_: Any) -> Any:
    kind = str(type_)
    if "int" in kind or "float" in kind:
        # TOML tells types apart: true is no 1, and 2.7 is no whole number.
        fits = (int, str) if "int" in kind else (int, float, str)
        try:
            if isinstance(value, bool) or not isinstance(value, fits):
                raise ValueError
            return int(value) if "int" in kind else float(value)
        except ValueError as error:
            what = "a whole number" if "int" in kind else "a number"
            raise KGError(f"{where}: {value!r}; expected {what}") from error
    if "Path" in kind and isinstance(value, str | Path):
        return Path(value)
    if not isinstance(value, str):
        raise KGError(f"{where}: {value!r}; expected text")
    return value
