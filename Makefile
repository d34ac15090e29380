# Everything here sets up what it needs first: `make demo` and `make test` work on a fresh clone.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

.PHONY: demo test fuzz check lint types contracts rules bench soak golden alerts dashboards lock setup clean

demo: setup            ## watch a simulated tenant
	$(BIN)/entra-credential-exporter demo

test: setup            ## run every test that needs no tool but Python
	$(BIN)/pytest

FUZZ ?= 120

fuzz: setup            ## two minutes of random hostile content; prints the example that fails
	scripts/fuzz $(BIN) $(FUZZ) $(FUZZ_SEED)

check: lint types contracts rules test  ## what CI runs

setup: $(VENV)/ready

$(VENV)/ready: requirements-dev.txt pyproject.toml scripts/setup
	PYTHON=$(PYTHON) scripts/setup $(VENV)
	touch $@

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

rules: setup           ## with other tools: CONTRIBUTING.md names them
	$(BIN)/pytest tests/tools

bench: setup           ## measure speed and memory; takes about ten minutes
	$(BIN)/python benchmarks/run.py

SEED ?= 1

soak: setup            ## ten minutes of changes, faults and reloads at random, every scrape checked
	$(BIN)/python benchmarks/soak.py --minutes 10 --seed $(SEED)

alerts: setup          ## write alerts/ anew from exporter/rules and exporter/runbooks
	$(BIN)/entra-credential-exporter rules > alerts/entra.rules.yml
	$(BIN)/python -m exporter.runbooks --out alerts/runbooks

dashboards: setup      ## write dashboards/*.json anew from dashboards/src
	$(BIN)/python dashboards/src/build.py dashboards

golden: setup          ## write tests/golden anew; read the difference before committing it
	$(BIN)/pytest tests/test_golden.py --update-golden

COMPILE = $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

lock: setup            ## resolve the locked requirements anew
	$(COMPILE) --upgrade --output-file requirements.txt pyproject.toml
	$(COMPILE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
