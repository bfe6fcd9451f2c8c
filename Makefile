# One command each; every target makes the virtual environment that it needs, once.
# Needs Python 3.11 or later and make; uses uv when it is there, else pip.

VENV    ?= .venv
PYTHON  ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
             $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
WORKERS ?= $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
CONFIG  ?= configs/scenarios/national.yaml
UV      := $(shell command -v uv 2>/dev/null)
BIN     := $(VENV)/bin

.PHONY: run scenarios setup test test-all bench bench-check bench-peers docs lint clean
.DEFAULT_GOAL := run

run: $(VENV)/.runtime-ready
	$(BIN)/families run $(CONFIG) --force --workers $(WORKERS)

# Every scenario at full size, then the tables in README.md and docs/scenarios; SCENARIOS="telecare into_work" runs some.
SCENARIOS ?= $(sort $(basename $(notdir $(wildcard configs/scenarios/*.yaml))))

scenarios: $(VENV)/.runtime-ready
	@for name in $(SCENARIOS); do echo "$$name"; \
	  $(BIN)/families run configs/scenarios/$$name.yaml --out results/scenarios/$$name --force --quiet \
	    --workers $(WORKERS) || exit $$?; done
	$(BIN)/families list --results results/scenarios --into docs/scenarios/README.md
	$(BIN)/families list --results results/scenarios --into README.md

setup: $(VENV)/.dev-ready

test: lint
	$(BIN)/python -m pytest -q -m "not slow" -n 2

test-all: lint
	$(BIN)/python -m pytest -q -n 2

lint: $(VENV)/.dev-ready
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Against the frozen textbook loop, into benchmarks/history.jsonl (BENCH_HISTORY names another file); then compared with it.
bench: $(VENV)/.dev-ready
	$(BIN)/python -m benchmarks

bench-check: $(VENV)/.dev-ready
	$(BIN)/python -m benchmarks.check

# Beside other programs, each in an environment of its own in build/peers; writes docs/benchmarks.md and its figure.
bench-peers: $(VENV)/.dev-ready
	$(BIN)/python -m benchmarks.peers

# The pages of docs/ as a site, in site/; warnings are errors, and nothing is fetched. Search needs a server:
# $(BIN)/python -m http.server --directory site
docs: $(VENV)/.dev-ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks .import_linter_cache

# $(1): what to install. uv, the environment's own pip, or the machine's pip pointed at the environment.
define install
	@if [ -n "$(UV)" ]; then "$(UV)" pip install --quiet --python $(BIN)/python $(1); \
	elif $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check $(1); \
	else $(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check $(1); fi \
	|| { echo "Could not install the packages: see the message above (a network or a package mirror is needed once)." >&2; exit 1; }
endef

$(BIN)/python:
	@if [ -n "$(UV)" ]; then "$(UV)" venv --quiet --python '>=3.11' $(VENV); \
	elif [ -z "$(PYTHON)" ]; then echo "Python 3.11 or later is needed; found: $$(python3 --version 2>&1)." >&2; exit 1; \
	elif $(PYTHON) -c 'import ensurepip' 2>/dev/null; then $(PYTHON) -m venv $(VENV); \
	elif $(PYTHON) -m pip --version >/dev/null 2>&1; then $(PYTHON) -m venv --without-pip $(VENV); \
	else echo "Python has neither ensurepip nor pip. On Debian or Ubuntu: apt-get install python3-venv python3-pip" >&2; exit 1; fi

$(VENV)/.runtime-ready: pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV) (once; about a minute) ..."
	$(call install,-e .)
	@touch $@

$(VENV)/.dev-ready: pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV) with the tools for tests (once; about a minute) ..."
	$(call install,-e '.[dev]')
	@touch $(VENV)/.runtime-ready $@
