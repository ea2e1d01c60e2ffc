# What a newcomer needs; `make help` lists it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test chaos chaos-full up check format bench lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(STAMP) ## Build .venv from the lock file

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: setup ## Play a quarter of a company through the whole product
	$(BIN)/asana-intel demo

test: setup ## Run the tests
	$(BIN)/python -m pytest -n 2

chaos: setup ## Write 1,000 changes while workers, the database, the network and people do their worst
	CHAOS_WRITES=1000 $(BIN)/python -m pytest -s asana_intel_tests/chaos

chaos-full: setup ## The same with 10,000
	CHAOS_WRITES=10000 $(BIN)/python -m pytest -s asana_intel_tests/chaos -k nothing

up: setup ## Start the Dagster UI, its daemon, and what they need
	$(BIN)/asana-intel up

check: setup ## Lint, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports

format: setup ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## Run the benchmarks and print their figures
	$(BIN)/python benchmarks/forecasts.py
	$(BIN)/python benchmarks/forecast_load.py
	$(BIN)/python benchmarks/forecast_speed.py
	$(BIN)/python benchmarks/forecast_stage.py
	$(BIN)/python benchmarks/replay.py
	$(BIN)/python benchmarks/sandbox.py
	$(BIN)/python benchmarks/sync.py --quick --only ours
	$(BIN)/python benchmarks/tables.py --tasks 10000 100000
	$(BIN)/python benchmarks/tone.py
	$(BIN)/python benchmarks/priority.py
	$(BIN)/python benchmarks/headcount.py
	$(BIN)/python benchmarks/narratives.py
	$(BIN)/python benchmarks/kills.py --kills 40
	$(BIN)/python benchmarks/writes.py --quick

lock: setup ## Resolve requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --universal --python-version 3.11 \
		--no-emit-index-url --no-header --quiet --output-file requirements.lock

clean: ## Remove the environment and everything the product keeps here
	rm -rf $(VENV) .asana_intel
