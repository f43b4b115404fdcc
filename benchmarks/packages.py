"""Builds the wheel and the sdist and tries the wheel in an empty environment.

usage: python -m benchmarks.packages

Nothing is written to the checkout. What is tried runs in another folder, whose name has a
space and Hangul, and sees the installed package only.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from benchmarks.processes import ROOT, Failed, fail_if_not_linux, get, run, session

#: Folders of the checkout, and where the wheel carries them.
_CARRIED = {
    "ontology": "kg/_shared/ontology",
    "queries": "kg/_shared/queries",
    "examples/digests": "kg/_shared/examples/digests",
    "kg": "kg",
}
_CACHES = re.compile(
    r"(^|/)(__pycache__|\.[a-z]+_cache|\.hypothesis|\.venv|\.git|data/demo|dist|node_modules)/"
    r"|\.pyc$|\.egg-info/"
)
#: What a person who has the sdist alone needs beside the package.
_SDIST = (
    *("pyproject.toml", "Makefile", "README.md", "LICENSE", "CHANGELOG.md", "server.py"),
    *("requirements.lock", "requirements-dev.lock", "tests/conftest.py", "docs/graph.md"),
)
_COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"


def main() -> None:
    fail_if_not_linux()
    start = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory(prefix="kg-packages-") as name:
            wheel = _packages(Path(name))
            python = _environment(Path(name), wheel)
            _commands(python, Path(name))
    except Failed as error:
        sys.exit(f"packages: {error}")
    print(f"packages: all is well, {time.perf_counter() - start:.0f} s")


def _tell(what: str, start: float) -> None:
    print(f"  ok  {what} ({time.perf_counter() - start:.1f} s)", flush=True)


def _packages(folder: Path) -> Path:
    """Build both packages and look into them; returns the wheel."""
    start = time.perf_counter()
    build = [sys.executable, "-m", "build", "--no-isolation"]
    run([*build, "--outdir", folder / "both", ROOT], cwd=folder)  # its wheel is the sdist's
    run([*build, "--wheel", "--outdir", folder / "direct", ROOT], cwd=folder)
    _tell("wheel and sdist are built", start)
    start = time.perf_counter()
    sdist, wheel = _only(folder / "both", "*.tar.gz"), _only(folder / "direct", "*.whl")
    in_sdist, in_wheel = _sdist_files(sdist), _wheel_files(wheel)
    for path, files in ((sdist, in_sdist), (wheel, in_wheel)):
        _is_clean(path.name, files)
    for name in _SDIST:
        if name not in in_sdist:
            raise Failed(
                f"{sdist.name}: no {name}; expected it: see [tool.hatch] in pyproject.toml"
            )
    _carries_all(wheel.name, in_wheel)
    other = _wheel_files(_only(folder / "both", "*.whl"))
    if differing := sorted(
        name for name in in_wheel.keys() | other.keys() if in_wheel.get(name) != other.get(name)
    ):
        raise Failed(
            f"{sdist.name}: the wheel built from it differs in {', '.join(differing[:5])}; "
            "expected that of the checkout"
        )
    _tell(
        f"{wheel.name}: {len(in_wheel)} files, {wheel.stat().st_size / 1e6:.1f} MB; "
        f"{sdist.name}: {len(in_sdist)} files, and makes the same wheel",
        start,
    )
    return wheel


def _only(folder: Path, pattern: str) -> Path:
    found = list(folder.glob(pattern))
    if len(found) != 1:
        raise Failed(f"build: {len(found)} files {pattern}; expected one")
    return found[0]


def _wheel_files(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as wheel:
        return {one.filename: wheel.read(one) for one in wheel.infolist() if not one.is_dir()}


def _sdist_files(path: Path) -> dict[str, bytes]:
    files = {}
    with tarfile.open(path) as sdist:
        for one in sdist.getmembers():
            content = sdist.extractfile(one)
            if content is None:
                raise Failed(f"{path.name}: {one.name} is no plain file; expected files only")
            files[one.name.partition("/")[2]] = content.read()
    return files


def _is_clean(package: str, files: Mapping[str, bytes]) -> None:
    """Refuse caches and the paths of this machine."""
    places = {str(ROOT), str(Path.home()), str(Path(sys.prefix))} - {"/"}
    path = re.compile(
        rb"(?<![\w./-])(" + b"|".join(re.escape(one.encode()) for one in sorted(places)) + rb")/"
    )
    for name, content in files.items():
        if _CACHES.search(name):
            raise Failed(f"{package}: {name}; expected no caches: see .gitignore")
        if found := path.search(content):
            raise Failed(
                f"{package}: {name} names {found[0].decode()!r}; expected no path of a machine"
            )


def _carries_all(package: str, files: Mapping[str, bytes]) -> None:
    """Compare the wheel with the files that git would commit, else with all there are."""
    for source, target in _CARRIED.items():
        wanted = _sources(source)
        if not wanted:
            raise Failed(f"{ROOT / source}: empty; expected files for the wheel")
        for name in wanted:
            if f"{target}/{name}" not in files:
                raise Failed(f"{package}: no {target}/{name}; expected every file of {source}/")


def _sources(folder: str) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", "."],
        cwd=ROOT / folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        names = [name for name in listed.stdout.split("\0") if name]
    else:  # an unpacked sdist
        paths = (ROOT / folder).rglob("*")
        names = [str(one.relative_to(ROOT / folder)) for one in paths if one.is_file()]
    return [name for name in names if not _CACHES.search(name) and (ROOT / folder / name).is_file()]


def _environment(folder: Path, wheel: Path) -> Path:
    """Install the locked packages and the wheel; returns the environment's Python."""
    start = time.perf_counter()
    run([sys.executable, "-m", "venv", folder / "venv"], cwd=folder)
    python = folder / "venv" / "bin" / "python"
    # What runs is compiled when it is imported; the rest of 75 packages need not be.
    pip = (python, "-m", "pip", "--disable-pip-version-check")
    install = (*pip, "install", "--quiet", "--no-compile")
    run([*install, "--require-hashes", "-r", ROOT / "requirements.lock"], cwd=folder)
    run([*install, "--no-deps", wheel], cwd=folder)
    _tell("requirements.lock and the wheel are installed in an empty environment", start)
    start = time.perf_counter()
    run([*pip, "check"], cwd=folder)
    _tell("requirements.lock has all that pyproject.toml asks for (pip check)", start)
    return python


def _commands(python: Path, folder: Path) -> None:
    """Try the commands in a folder that is not the checkout."""
    work = folder / "다른 folder"
    work.mkdir()
    kg = python.with_name("kg")
    lookup = "import kg.resources as r; print(r.__file__, r.shared_folder('examples/digests'))"
    file, _, examples = run([python, "-c", lookup], cwd=work).output.strip().partition(" ")
    if not file.startswith(str(folder)) or not examples.startswith(str(folder)):
        raise Failed(f"import kg: {file}, examples {examples}; expected those of the environment")
    digest = sorted(Path(examples).glob("*.md"))[0]
    shutil.copy(digest, work)
    for arguments, expected in (
        (["--version"], r"^kg, version \d"),
        (["queries"], r"^top-methods: "),
        (["build", digest.name], r"^$"),
        (["query", "top-methods", "--format", "csv"], r"method,label,type,papers\r?\n.*,"),
        (["link"], r"^$"),
        (["query", "term-links", "--format", "csv"], r"type,label,qid,relation,score\r?\n.*,Q"),
        (["export"], r"^@?prefix kg: "),
        (["validate"], r"^$"),
    ):
        start = time.perf_counter()
        output = run([kg, *arguments], cwd=work).output
        if not re.search(expected, output, re.MULTILINE | re.IGNORECASE):
            raise Failed(f"kg {arguments[0]}: {output[:200]!r}; expected a match of {expected!r}")
        _tell(f"kg {' '.join(arguments)}", start)
    _serve(kg, work)


def _serve(kg: Path, work: Path) -> None:
    start = time.perf_counter()
    with (
        (work / "serve.log").open("w") as out,
        session(
            [kg, "serve", "--port", "0"], cwd=work, stdout=out, stderr=subprocess.PIPE
        ) as process,
    ):
        if process.stderr is None:
            raise Failed("kg serve: no messages; expected a pipe")
        line = process.stderr.readline()
        if not line.startswith("Serving http://"):
            raise Failed(f"kg serve: {line + process.stderr.read()!r}; expected its address")
        url = line.split()[1].rstrip("/")
        for path, media_type, inside in (
            ("/health", "application/json", b'"status"'),
            ("/", "text/html", b"top-methods"),
            (f"/sparql?query={quote(_COUNT)}", "application/sparql-results+json", b'"bindings"'),
            ("/queries/top-methods.csv", "text/csv", b"method,label,type,papers"),
            ("/static/style.css", "text/css", b"{"),
            ("/ontology", "text/turtle", b"kg:Benchmark"),
        ):
            status, found, body = get(url + path)
            if status != 200 or inside not in body:
                raise Failed(f"GET {path}: {status}, {body[:200]!r}; expected 200 with {inside!r}")
            if found != media_type:
                raise Failed(f"GET {path}: {found!r}; expected {media_type!r}")
        _tell("kg serve answers, and its pages are there", start)


if __name__ == "__main__":
    main()
