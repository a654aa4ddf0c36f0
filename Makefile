# Everything runs in .venv, which any target makes when it is missing or when the requirements changed.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help environment demo test test-front-end test-slow check format schema reference clean

help:  ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

environment: $(STAMP)  ## the virtual environment, with tested versions of everything

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("specc needs Python 3.11 or later; say make PYTHON=..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(STAMP)  ## from a spec to a network that reads handwriting
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/demo.sh

test: $(STAMP)  ## every test but the slow ones, on two cores
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

test-front-end: $(STAMP)  ## what needs no TensorFlow: less than a minute
	$(BIN)/python -m pytest -q -n 2 --front-end

test-slow: $(STAMP)  ## the tests that take minutes or download packages
	$(BIN)/python -m pytest -q -m slow

check: $(STAMP)  ## style, types, import rules, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m specc.reference --check
	$(BIN)/specc schema | diff -u schema/spec.schema.json - || { echo 'schema/spec.schema.json is stale: run make schema' >&2; exit 1; }

format: $(STAMP)  ## put the code into the house's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schema: $(STAMP)  ## regenerate the editor's schema
	$(BIN)/specc schema > schema/spec.schema.json.new
	mv schema/spec.schema.json.new schema/spec.schema.json

reference: $(STAMP)  ## regenerate the reference pages, the zoo's page and its drawings
	$(BIN)/python -m specc.reference

clean:  ## remove what was made, the environment too
	rm -rf .venv build dist runs .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache *.egg-info
