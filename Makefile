# One command each; every target makes the virtual environment that it needs, once.
# Needs Python 3.11 or later and make; uses uv when it is there, else pip.

VENV    ?= .venv
PYTHON  ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
             $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
WORKERS ?= $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
CONFIG  ?= configs/scenarios/national.yaml
UV_PYTHON ?= >=3.11
UV      := $(shell command -v uv 2>/dev/null)
BIN     := $(VENV)/bin

.PHONY: run app scenarios draws bridges setup fast test test-all verification test-lowest test-matrix bench bench-check bench-ci bench-peers docs lint clean
.DEFAULT_GOAL := run

run: $(VENV)/.runtime-ready
	$(BIN)/families run $(CONFIG) --force --workers $(WORKERS)

# The application, in a browser of this machine.
app: $(VENV)/.app-ready
	$(BIN)/families app $(APP)

$(VENV)/.app-ready: pyproject.toml | $(VENV)/.runtime-ready
	$(call install,-e '.[app]')
	@touch $@

# Every scenario at full size, then what stands of them in README.md and docs; SCENARIOS="telecare into_work" runs some.
SCENARIOS ?= $(sort $(basename $(notdir $(wildcard configs/scenarios/*.yaml))))

scenarios: $(VENV)/.runtime-ready
	@for name in $(SCENARIOS); do echo "$$name"; \
	  $(BIN)/families run configs/scenarios/$$name.yaml --out results/scenarios/$$name --force --quiet \
	    --workers $(WORKERS) || exit $$?; done
	@for page in README.md docs/results.md docs/scenarios/README.md; do \
	  $(BIN)/families list --results results/scenarios --into $$page || exit $$?; done

# How sure the answer of the nation is: draws of its inputs, kept in configs/draws and taken by every run of the same model. Some
# twenty minutes for each reading of the evidence on two idle cores; niced, and stopped work goes on from results/draws.
DRAWS         ?= 500
DRAWS_OF      ?= national
DRAWS_READING ?= measured measured_face_value weighed no_effect claimed_bound

draws: $(VENV)/.runtime-ready
	@for reading in $(DRAWS_READING); do echo "$$reading"; \
	  nice -n 10 $(BIN)/families uncertainty $(DRAWS_OF) --keep --draws $(DRAWS) --set "effect_set=[$$reading]" \
	    --out results/draws/$(DRAWS_OF) --workers $(WORKERS) || exit $$?; done

# How the answers of studies are led to published ones, kept in configs/bridges and shown by every run of the same model; a few minutes.
BRIDGES_OF ?= national phase_two

bridges: $(VENV)/.runtime-ready
	@for name in $(BRIDGES_OF); do echo "$$name"; $(BIN)/families bridge $$name --keep --workers $(WORKERS) || exit $$?; done

setup: $(VENV)/.dev-ready

# Two processes, each with a half of the tests in their order, so that what the tests of a file share is made once.
PYTEST := -m pytest -q -n 2 --dist worksteal

test: lint
	$(BIN)/python $(PYTEST) -m "not slow"

test-all: lint
	$(BIN)/python $(PYTEST)

# Every test, and what they found kept in the library for assurance packs (docs/assurance.md); TESTS="-m 'not slow'" takes a part.
TESTS ?=

verification: $(VENV)/.dev-ready
	$(BIN)/python $(PYTEST) -p tests.recording --record configs/assurance/verification.json --record-static $(TESTS)

# The lowest versions that pyproject.toml allows, on the oldest Python, in an environment of their own (needs uv): a small
# study, then tests, in which warnings of old libraries are no errors. LOWEST_TESTS="tests/cli tests/config" takes a part.
LOWEST_PYTHON ?= 3.11
LOWEST_TESTS  ?= tests

test-lowest: .venv-lowest/.ready
	.venv-lowest/bin/families run demo --replications 2 --set units.family.size=300 --out .venv-lowest/demo --force
	.venv-lowest/bin/python $(PYTEST) -m "not slow" -p no:cacheprovider -o filterwarnings= $(LOWEST_TESTS)

.venv-lowest/.ready: pyproject.toml
	@[ -n "$(UV)" ] || { echo "uv is needed, which can choose the lowest versions: pip install uv" >&2; exit 1; }
	"$(UV)" venv --quiet --clear --python $(LOWEST_PYTHON) .venv-lowest
	"$(UV)" pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct -e '.[dev]'
	@touch $@

# The quick tests on each Python that is promised and here, each in an environment of its own; says which are not here.
MATRIX       ?= 3.11 3.12 3.13
MATRIX_TESTS ?= tests

test-matrix:
	@failed=""; left=""; for v in $(MATRIX); do \
	  if ! python$$v -c 'import sys' 2>/dev/null && ! { [ -n "$(UV)" ] && "$(UV)" python find --quiet $$v >/dev/null 2>&1; }; \
	  then left="$$left $$v"; continue; fi; \
	  echo "Python $$v"; \
	  $(MAKE) --no-print-directory setup VENV=.venv-$$v PYTHON=python$$v UV_PYTHON=$$v \
	  && .venv-$$v/bin/python $(PYTEST) -m "not slow" -p no:cacheprovider $(MATRIX_TESTS) || failed="$$failed $$v"; \
	done; \
	[ -z "$$left" ] || echo "Not here, so not tried: Python$$left"; \
	[ -z "$$failed" ] || { echo "Failed on Python$$failed" >&2; exit 1; }

lint: $(VENV)/.dev-ready
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Against the frozen textbook loop, without compiled kernels and with them, into benchmarks/history.jsonl (BENCH_HISTORY
# names another file); then compared with it.
bench: $(VENV)/.dev-ready
	FAMILIES_KERNELS=0 $(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks

bench-check: $(VENV)/.dev-ready
	$(BIN)/python -m benchmarks.check

# Within a minute: three small jobs, which fail below 60% of the recorded speed; also into build/bench-ci.json.
bench-ci: $(VENV)/.dev-ready
	$(BIN)/python -m benchmarks.ci

# Beside other programs, each in an environment of its own in build/peers; writes docs/benchmarks.md and its figure.
bench-peers: $(VENV)/.dev-ready
	$(BIN)/python -m benchmarks.peers

# The pages of docs/ as a site, in site/; warnings are errors, and nothing is fetched. Search needs a server:
# $(BIN)/python -m http.server --directory site
docs: $(VENV)/.dev-ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) .venv-* build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks .import_linter_cache

# $(1): what to install. uv, the environment's own pip, or the machine's pip pointed at the environment.
define install
	@if [ -n "$(UV)" ]; then "$(UV)" pip install --quiet --python $(BIN)/python $(1); \
	elif $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check $(1); \
	else $(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check $(1); fi \
	|| { echo "Could not install the packages: see the message above (a network or a package mirror is needed once)." >&2; exit 1; }
endef

$(BIN)/python:
	@if [ -n "$(UV)" ]; then "$(UV)" venv --quiet --python '$(UV_PYTHON)' $(VENV); \
	elif [ -z "$(PYTHON)" ]; then echo "Python 3.11 or later is needed; found: $$(python3 --version 2>&1)." >&2; exit 1; \
	elif $(PYTHON) -c 'import ensurepip' 2>/dev/null; then $(PYTHON) -m venv $(VENV); \
	elif $(PYTHON) -m pip --version >/dev/null 2>&1; then $(PYTHON) -m venv --without-pip $(VENV); \
	else echo "Python has neither ensurepip nor pip. On Debian or Ubuntu: apt-get install python3-venv python3-pip" >&2; exit 1; fi

# Compiled kernels come as wheels or not at all: without them the same results take longer.
WHEELS := --only-binary numba --only-binary llvmlite

$(VENV)/.runtime-ready: pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV) (once; about a minute) ..."
	$(call install,-e .)
	@$(MAKE) --no-print-directory fast >/dev/null 2>&1 \
	  || echo "No numba for this Python here: the same results take longer (docs/scaling.md)." >&2
	@touch $@

fast: | $(BIN)/python
	$(call install,$(WHEELS) -e '.[fast]')

$(VENV)/.dev-ready: pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV) with the tools for tests (once; about a minute) ..."
	$(call install,$(WHEELS) -e '.[dev]')
	@touch $(VENV)/.runtime-ready $@
