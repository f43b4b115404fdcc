"""Every option once: flag, else environment (``KG_…``), else ``paperkg.toml``, else default."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from kg.errors import KGError

CONFIG_FILE = "paperkg.toml"
_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def _option(default: Any, text: str, *, serve: bool = False) -> Any:
    return field(default=default, metadata={"help": text, "serve": serve})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a command or a server; the README's table is made from this class."""

    store: Path = _option(Path("data/kg"), "folder of the store")
    base_iri: str = _option("https://w3id.org/paperkg/", "start of every IRI that is made")
    jobs: int = _option(0, "extraction processes; 0 is one per core")
    min_confidence: float = _option(0.0, "mentions and results below this are left out, 0 to 1")
    extract_config: Path | None = _option(None, "spaCy config of the extraction pipeline")
    lock_wait_s: float = _option(10.0, "seconds a second writer waits for the first", serve=True)
    max_digest_mb: float = _option(20.0, "largest digest file that is read, in MB")
    host: str = _option("127.0.0.1", "address that the server listens on", serve=True)
    port: int = _option(8000, "port that the server listens on", serve=True)
    workers: int = _option(
        0, "query worker processes; 0 is two per core, at least four", serve=True
    )
    query_timeout_s: float = _option(10.0, "seconds a query may run", serve=True)
    query_memory_mb: int = _option(2048, "memory a query worker may use, in MB", serve=True)
    query_max_kb: int = _option(256, "longest query text, in kB", serve=True)
    query_max_result_mb: int = _option(
        1000, "longest answer to a query, in MB uncompressed", serve=True
    )
    max_queries_per_client: int = _option(
        64, "queries that one client may have at once", serve=True
    )
    max_waiting: int = _option(256, "queries that may wait for a worker", serve=True)
    max_connections: int = _option(
        1000, "open connections; a client may have a quarter of them", serve=True
    )
    body_timeout_s: float = _option(
        30.0, "seconds in which a request must have arrived", serve=True
    )
    cache_mb: int = _option(
        64, "memory for answers that are asked for again, in MB; 0 is none", serve=True
    )
    union_default_graph: bool = _option(
        True, "queries that name no graph see all graphs; false: the unnamed one only", serve=True
    )
    write_token: str | None = _option(
        None, "token that lets its bearer write over HTTP; writing is off without one"
    )
    write_timeout_s: float = _option(60.0, "seconds that a write over HTTP may take", serve=True)
    write_max_mb: int = _option(100, "largest body of a write over HTTP, in MB", serve=True)
    trusted_proxies: int = _option(
        0, "proxies in front whose X-Forwarded-… headers count", serve=True
    )
    prefix: str = _option("", "path under which the server is mounted, as in /graph", serve=True)
    request_log: str = _option("json", "how requests are logged on stderr: json or off", serve=True)
    debug: bool = _option(False, "read changed saved queries anew at each request", serve=True)
    corrections: Path | None = _option(None, "CSV of people's decisions that each build loads")
    index: Path | None = _option(None, "index of names that linking uses; the packaged one else")
    wikidata_contact: str | None = _option(
        None, "mail address or web page that linking tells Wikidata when it asks it"
    )
    wikidata_cache: Path = _option(Path("data/wikidata.db"), "file of Wikidata's answers")
    wikidata_budget: int = _option(0, "requests to Wikidata that a run may send; 0 is no limit")
    queries: Path | None = _option(
        None, "folder of saved queries; the packaged ones by default", serve=True
    )

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
            *("query_memory_mb", "query_max_kb", "query_max_result_mb", "write_max_mb"),
            *("max_queries_per_client", "max_waiting", "max_connections"),
            *("body_timeout_s", "write_timeout_s"),
        ):
            if not 0 < getattr(self, name) < float("inf"):
                raise KGError(f"{name}: {getattr(self, name)!r}; expected a number above 0")
        for name in ("jobs", "workers", "cache_mb", "trusted_proxies", "wikidata_budget"):
            if getattr(self, name) < 0:
                raise KGError(f"{name}: {getattr(self, name)!r}; expected 0 or more")
        if self.prefix and (self.prefix[0] != "/" or self.prefix[-1] == "/"):
            raise KGError(f"prefix: {self.prefix!r}; expected a path such as /graph")
        if self.request_log not in ("json", "off"):
            raise KGError(f"request_log: {self.request_log!r}; expected json or off")
        if not 0 <= self.port <= 65535:
            raise KGError(f"port: {self.port!r}; expected a number from 0 to 65535")

    @property
    def job_count(self) -> int:
        return self.jobs if self.jobs > 0 else (os.cpu_count() or 1)

    @property
    def worker_count(self) -> int:
        return self.workers if self.workers > 0 else max(4, 2 * (os.cpu_count() or 1))


def serve_options() -> list[Field[Any]]:
    """The settings that ``kg serve`` has flags for, besides the store."""
    return [option for option in fields(Settings) if option.metadata["serve"]]


def flag_of(option: Field[Any]) -> str:
    """The name of a setting as a flag.

    >>> flag_of(serve_options()[1])
    '--host'
    """
    return f"--{option.name.replace('_', '-')}"


def table() -> str:
    """Return the rows of the README's table of settings, in Markdown.

    >>> print(table().splitlines()[2])
    | `store` | `KG_STORE` | `data/kg` | folder of the store |
    """
    rows = ["| setting | environment | default | meaning |", "| --- | --- | --- | --- |"]
    for option in fields(Settings):
        default = f"`{option.default}`" if option.default not in (None, "") else "none"
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
    if kind == "bool":
        given = value if isinstance(value, bool) else _TRUTH.get(str(value).strip().lower())
        if given is None:
            raise KGError(f"{where}: {value!r}; expected true or false")
        return given
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
