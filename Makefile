# `make run` and `make test` are the two commands to know; `make help` lists the rest.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
BIN := .venv/bin
STAMP := .venv/.made-from-locks
PO := $(wildcard openpsm/locale/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)
PORT ?= 8000
SIZE ?= 100000
DATA ?= ../shared/data

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(STAMP): requirements/dev.txt pyproject.toml scripts/make-env
	@scripts/make-env
	@touch $@

%.mo: %.po | $(STAMP)
	@$(BIN)/python scripts/compile_messages.py

.PHONY: env
env: $(STAMP) $(MO) ## build the Python environment in .venv from the locks

.PHONY: run
run: env ## start OpenPSM with its demo company (PORT=8000)
	@exec $(BIN)/openpsm demo --port $(PORT)

.PHONY: check
check: env lint test-sqlite ## all checks and the tests on SQLite

.PHONY: test
test: env system check test-postgres test-browser ## check, and the tests on PostgreSQL and in a real browser
	@scripts/closing-lines sqlite postgres browser

.PHONY: system
system: env ## find or install what the tests need beyond Python
	@scripts/ensure-system

.PHONY: lint
lint: env ## format, style, types, layers, templates, translations, migrations
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/djlint --lint --quiet openpsm
	@scripts/ensure-system gettext
	$(BIN)/python scripts/check_translations.py
	DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m django makemigrations --check --dry-run

.PHONY: test-sqlite
test-sqlite: env
	@env -u OPENPSM_DATABASE_URL scripts/run-tests sqlite -n auto -m "not browser and not postgres"

.PHONY: test-postgres
test-postgres: env
	@scripts/ensure-system postgresql
	@scripts/with-postgres scripts/run-tests postgres -n auto -m "not browser"

.PHONY: test-browser
test-browser: env
	@scripts/ensure-system chromium font
	@env -u OPENPSM_DATABASE_URL OPENPSM_CHROMIUM="$$(scripts/find-chromium)" scripts/run-tests browser -m browser

.PHONY: bench
bench: env ## measure against the goals on PostgreSQL; writes docs/performance.md (SIZE=1000000 projects)
	@scripts/ensure-system postgresql
	scripts/with-postgres --durable -c shared_buffers=1GB $(BIN)/python -m bench --size $(SIZE)
	scripts/with-postgres --durable -c shared_buffers=1GB $(BIN)/python -m bench.checks

.PHONY: bench-sqlite
bench-sqlite: env ## the same of OpenPSM alone on SQLite
	env -u OPENPSM_DATABASE_URL $(BIN)/python -m bench --size $(SIZE)
	env -u OPENPSM_DATABASE_URL $(BIN)/python -m bench.checks

.PHONY: races
races: env ## the race tests, 500 rounds on both databases
	@scripts/ensure-system postgresql
	env -u OPENPSM_DATABASE_URL OPENPSM_RACE_ROUNDS=500 scripts/run-tests races-sqlite tests/races
	OPENPSM_RACE_ROUNDS=500 scripts/with-postgres scripts/run-tests races-postgres tests/races

.PHONY: real
real: env ## measure names and imports on real data (DATA=folder); writes docs/matching.md and docs/real-data.md
	$(BIN)/python -m bench.matching --data $(DATA)
	$(BIN)/python -m bench.matching_projects $(DATA)
	@scripts/ensure-system postgresql
	env -u OPENPSM_DATABASE_URL $(BIN)/python -m bench.imports --data $(DATA)
	scripts/with-postgres --durable $(BIN)/python -m bench.imports --data $(DATA)

.PHONY: fmt
fmt: env ## format the code and mend what can be mended by machine
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: messages
messages: env ## bring the translation files up to date with the source, and compile them
	@scripts/ensure-system gettext
	$(BIN)/python scripts/make_messages.py
	$(BIN)/python scripts/compile_messages.py

.PHONY: lock
lock: env ## resolve the dependencies anew (UPGRADE=--upgrade takes newer versions)
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--quiet $(UPGRADE) --output-file requirements/base.txt
	$(BIN)/uv pip compile pyproject.toml --group dev --constraint requirements/base.txt --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --quiet $(UPGRADE) --output-file requirements/dev.txt

.PHONY: vendor
vendor: env ## copy the front-end libraries into static/ anew (needs Node)
	npm ci
	$(BIN)/python scripts/vendor.py

.PHONY: clean
clean: ## remove everything that was built; the data folder stays
	rm -rf .venv node_modules test-results build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find openpsm tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -f $(MO)
