# Needs GNU make 3.81 or newer and Python 3.11 or newer; everything else comes from the lock file into $(VENV).
# Another interpreter: make test PYTHON=python3.12 VENV=.venv312

PYTHON ?= python3
VENV ?= .venv
N ?= 2000
FRESH ?=
ARGS ?=

BIN := $(VENV)/bin
STAMP := $(VENV)/.made
TOOLS := .steward/uv
UV_VERSION := 0.13.9

export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1

.DEFAULT_GOAL := help
.PHONY: help run env test check format contracts bench chaos lake lock clean score

help:
	@echo "make run     start the whole suite with a sample bank (FRESH=1 starts over, N=2000 customers)"
	@echo "make test    every test, against servers that the run starts itself (ARGS=-x ... for pytest)"
	@echo "make check   style, types, import rules, contracts and migrations"
	@echo "make bench   measurements against bare programs, into a JSON file"
	@echo "make score   the signal rules against the sample bank's truth, into docs/signals.md"
	@echo "make lake    the measures on Spark in local mode (needs Java 17)"
	@echo "make chaos   the fault tests: kills, lost brokers, deletions"
	@echo "make lock    resolve the requirements again (needs network)"
	@echo "make clean   stop the suite of this folder and delete its data"

run: env
	@$(BIN)/steward up --demo --customers $(N) $(if $(filter-out 0 no,$(FRESH)),--fresh)

env: $(STAMP)

# uv from PATH or from an environment of its own; then the locked requirements, then the project itself
$(STAMP): requirements-dev.lock pyproject.toml scripts/environment
	@scripts/environment "$(PYTHON)" "$(VENV)" "$(TOOLS)" "$(UV_VERSION)"
	@touch $@

# two workers, each with servers of its own; a file's tests stay together
test: env
	@$(BIN)/pytest -n 2 --dist loadfile $(ARGS)

check: env
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo --cache-dir .cache/import_linter
	@$(BIN)/python -m steward.contracts --check
	@$(BIN)/steward migrate --check

format: env
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

contracts: env
	@$(BIN)/python -m steward.contracts

bench: env
	@$(BIN)/python -m tests.bench $(ARGS)

score: env
	@$(BIN)/python -m tests.services.profile.scoring

# the lake's measures on Spark in local mode, in an environment of its own (Java 17 or newer); PySpark leaves sockets to the collector
lake: $(VENV)-lake/.made
	@$(VENV)-lake/bin/pytest tests/services/profile/lake -k spark -o timeout=600 -W default $(ARGS)

$(VENV)-lake/.made: requirements-lake.lock pyproject.toml scripts/environment
	@scripts/environment "$(PYTHON)" "$(VENV)-lake" "$(TOOLS)" "$(UV_VERSION)" requirements-lake.lock
	@touch $@

chaos: env
	@STEWARD_AWAY_SECONDS=30 $(BIN)/pytest -m chaos $(ARGS)

lock: env
	@scripts/lock "$(TOOLS)"

clean:
	@if [ -x $(BIN)/steward ]; then $(BIN)/steward down --wipe; fi
