# `make run` and `make test` are the two commands to know; `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
BIN := .venv/bin
STAMP := .venv/.made-from-locks
PO := $(wildcard openpsm/locale/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)

$(STAMP): requirements/dev.txt pyproject.toml scripts/make-env
	@scripts/make-env
	@touch $@

%.mo: %.po | $(STAMP)
	@$(BIN)/python scripts/compile_messages.py

.PHONY: env
env: $(STAMP) $(MO) ## build the Python environment in .venv from the locks
