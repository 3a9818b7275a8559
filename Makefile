# `make` lists the commands. Everything is set up from Python 3.11+ and make alone, into ./.venv.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	if command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
BIN := .venv/bin
UV := $(BIN)/uv
ARGS ?=
TEST_WORKERS ?= auto
export PANNIER_TEST_DATA ?= $(wildcard ../shared/data)
# Where the compiled solver is kept for the commands below (`make run` keeps it in the data folder).
CACHE := $(CURDIR)/.cache/numba
test deep bench demo: export NUMBA_CACHE_DIR ?= $(CACHE)

.PHONY: help demo test deep check run bench fmt lock clean

help: ## list these commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

$(UV):
	@test -n "$(PYTHON)" || { echo "Pannier needs Python 3.11 or newer: install it, or say where it is with PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

.venv/.ready-run: pyproject.toml requirements.lock | $(UV)
	VIRTUAL_ENV=.venv $(UV) pip install --quiet --require-hashes -r requirements.lock
	VIRTUAL_ENV=.venv $(UV) pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/.ready-dev: pyproject.toml requirements-dev.lock | $(UV)
	VIRTUAL_ENV=.venv $(UV) pip sync --quiet --require-hashes requirements-dev.lock
	VIRTUAL_ENV=.venv $(UV) pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@ .venv/.ready-run

demo: .venv/.ready-run ## a whole Friday evening in simulated time, then its pages (ARGS="--fast --no-serve")
	$(BIN)/pannier demo $(ARGS)

run: .venv/.ready-run ## serve the co-op's own database (ARGS="--port 8000")
	$(BIN)/pannier serve $(ARGS)

check: .venv/.ready-dev ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

test: check ## check, then every quick test on both databases (ARGS="-k name")
	$(BIN)/pytest -n $(TEST_WORKERS) -m "not deep" $(ARGS)

deep: .venv/.ready-dev ## kills, chaos, state machines, long searches
	HYPOTHESIS_PROFILE=deep $(BIN)/pytest -n $(TEST_WORKERS) -m deep $(ARGS)

.venv/.ready-bench: pyproject.toml requirements-bench.lock | $(UV)
	VIRTUAL_ENV=.venv $(UV) pip sync --quiet --require-hashes requirements-bench.lock
	VIRTUAL_ENV=.venv $(UV) pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@ .venv/.ready-run .venv/.ready-dev

bench: .venv/.ready-bench ## the benchmarks, with their tables (ARGS="...")
	$(BIN)/python -m bench $(ARGS)

fmt: .venv/.ready-dev ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(UV) ## resolve the dependencies again into the lock files
	$(UV) pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet -o requirements.lock
	$(UV) pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet -c requirements.lock -o requirements-dev.lock
	$(UV) pip compile pyproject.toml --group bench --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet -c requirements-dev.lock -o requirements-bench.lock

clean: ## remove the environment and caches (never a database)
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
