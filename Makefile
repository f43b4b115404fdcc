# Everything a newcomer or CI runs. Needs Python 3.11 to 3.13, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The digests that the demo reads, its store, and where it listens.
DIGESTS ?= examples/digests
DEMO_STORE ?= data/demo
PORT ?= 8000

.PHONY: help setup demo test check lint bench bench-serve bench-pages screenshots train soak docs vendor messages snapshots lock clean

help:
	@echo "make demo    build a graph from the examples (or DIGESTS=path), link it, ask it, serve it"
	@echo "make test    run the tests"
	@echo "make check   all that CI runs: format, lint, types, tests, packages"
	@echo "make bench   measure (SHARED=folder of real digests and annotations)"
	@echo "make train   train the weights anew (GOLD=file of annotations DIGESTS=folder, or SHARED)"
	@echo "make bench-serve  measure the server against oxigraph serve (needs wrk and oxigraph)"
	@echo "make bench-pages  measure the pages: first byte, sizes, what Chromium says (SHARED or STORE)"
	@echo "make screenshots  take the README's pictures anew"
	@echo "make soak    the long forms of the tests, and 20 minutes of load"

# What the project needs to run, as locked, in its own environment.
$(VENV)/run.done: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info < (3, 14); ok or sys.exit("make: Python %d.%d; expected 3.11 to 3.13: make PYTHON=python3.12" % sys.version_info[:2])'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# What the tests need as well.
$(VENV)/dev.done: $(VENV)/run.done requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/dev.done

demo: $(VENV)/run.done
	$(BIN)/kg build $(DIGESTS) --store $(DEMO_STORE)
	$(BIN)/kg link --store $(DEMO_STORE)
	@echo
	@echo 'kg query papers-on-benchmark -p benchmark=MMLU'
	$(BIN)/kg query papers-on-benchmark -p benchmark=MMLU --store $(DEMO_STORE)
	$(BIN)/kg serve --store $(DEMO_STORE) --port $(PORT)

test: $(VENV)/dev.done
	$(BIN)/python -m pytest -q -n auto --dist loadscope --no-loadscope-reorder

lint: $(VENV)/dev.done
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint test
	$(BIN)/python -m benchmarks.packages

bench: $(VENV)/dev.done
	@test -d "$(SHARED)/digests" || { echo 'make: no SHARED; expected: make bench SHARED=folder with digests, seeds and gold' >&2; exit 2; }
	$(BIN)/python -m benchmarks.build $(SHARED)
	$(BIN)/python -m benchmarks.quality $(SHARED)
	$(BIN)/python -m benchmarks.first_answer
	$(BIN)/python -m benchmarks.link_quality $(SHARED)
	$(BIN)/python -m benchmarks.linking

# The packaged weights, from annotated papers and their digests; then run `make snapshots`.
GOLD ?= $(SHARED)/gold/train.jsonl
train: DIGESTS = $(SHARED)/digests
train: $(VENV)/dev.done
	@test -f "$(GOLD)" || { echo 'make: no GOLD; expected: make train GOLD=annotations.jsonl DIGESTS=folder' >&2; exit 2; }
	$(BIN)/kg train "$(GOLD)" "$(DIGESTS)" --out kg/extract/data

# OXIGRAPH is the server's binary: pip install oxigraph, in an environment of its own.
OXIGRAPH ?= oxigraph
bench-serve: $(VENV)/dev.done
	$(BIN)/python -m benchmarks.serve --oxigraph $(OXIGRAPH)

# STORE is one that is built and linked; without it the graph of SHARED is built.
bench-pages: $(VENV)/dev.done
	@test -n "$(STORE)$(SHARED)" || { echo 'make: no SHARED; expected: make bench-pages SHARED=folder with digests and seeds, or STORE=store' >&2; exit 2; }
	$(BIN)/python -m benchmarks.pages $(if $(STORE),--store $(STORE),$(SHARED))

screenshots: $(VENV)/dev.done
	$(BIN)/python -m benchmarks.screenshots

soak: $(VENV)/dev.done
	$(BIN)/python -m pytest -q -m soak
	$(BIN)/python -m benchmarks.soak

# What the pages load from others, as locked in vendor/. Needs npm.
vendor:
	npm ci --prefix vendor --ignore-scripts --no-audit --no-fund
	node vendor/copy.mjs

# The README's tables of saved queries and settings.
docs: $(VENV)/run.done
	$(BIN)/python docs/tables.py

# The strings of the interface: collected, merged into each catalogue, compiled.
MESSAGES := kg/web/translations
messages: $(VENV)/run.done
	$(BIN)/pybabel -q extract -F $(MESSAGES)/babel.toml --no-location --sort-output --omit-header -o $(MESSAGES)/messages.pot kg/web queries
	$(BIN)/pybabel -q update -i $(MESSAGES)/messages.pot -d $(MESSAGES) -l ko --no-fuzzy-matching --ignore-pot-creation-date
	$(BIN)/pybabel -q compile -d $(MESSAGES) --statistics

snapshots: $(VENV)/dev.done
	KG_WRITE_SNAPSHOTS=1 $(BIN)/python -m pytest -q tests/test_snapshots.py

# After a change of dependencies. Needs uv: pip install uv
lock:
	uv pip compile -q --universal --generate-hashes --no-annotate --no-header --python-version 3.11 pyproject.toml --group dev -o requirements-dev.lock
	uv pip compile -q --universal --generate-hashes --no-annotate --no-header --python-version 3.11 pyproject.toml --group build -c requirements-dev.lock -o requirements.lock

clean:
	rm -rf $(VENV) data build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
