# Two commands for a newcomer: `make reproduce` and `make test`. Everything else is for developers.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNS := $(VENV)/.installed
TESTS := $(VENV)/.installed-dev

# The rooms that read, reason and word: their tests train nothing, serve nothing and open no browser.
FAST := $(addprefix tests/,auditing cli/test_options_agree.py comparison exporting importing published \
	recipes records statistics test_errors.py test_words_last.py)

.PHONY: setup reproduce test test-fast lint types docs bench bench-gpu clean help

help:  ## Show this list.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(TESTS)  ## Create .venv and install everything, pinned.

# Written last and only when all went well, so that an interrupted install starts again.
$(RUNS): pyproject.toml constraints.txt tools/setup.sh
	@PYTHON="$(PYTHON)" VENV="$(VENV)" bash tools/setup.sh '.[train]'
	@touch $@

$(TESTS): $(RUNS)
	@PYTHON="$(PYTHON)" VENV="$(VENV)" bash tools/setup.sh '.[dev]'
	@touch $@

reproduce: $(RUNS)  ## Run the default bake-off and print the verdict and the report's path.
	@$(BIN)/bakeoff reproduce

test: setup  ## Run the whole test suite, with linters, types and the one-way rule.
	@bash tools/browser.sh
	@$(BIN)/ruff check src tests benchmarks
	@$(BIN)/ruff format --check src tests benchmarks
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest -n 2 --dist loadfile

test-fast: setup  ## A quick look while working: linters, and the tests that train and serve nothing.
	@$(BIN)/ruff check src tests benchmarks
	@$(BIN)/lint-imports
	@$(BIN)/pytest -n 2 --dist loadfile -q -m "not slow and not browser" $(FAST)

lint: setup  ## Format and lint.
	@$(BIN)/ruff format src tests benchmarks
	@$(BIN)/ruff check --fix src tests benchmarks
	@$(BIN)/lint-imports

types: setup  ## Check types, strictly.
	@$(BIN)/mypy

docs: setup  ## Build the documentation, strictly.
	@$(BIN)/mkdocs build --strict
	@$(BIN)/python tools/audit_page.py site/try

bench: setup  ## Measure speed side by side with a plain script, timm and torchvision (CPU).
	@$(BIN)/python -m benchmarks.speed

bench-gpu: setup  ## The same rows on a GPU.
	@$(BIN)/python -m benchmarks.speed --gpu

clean:  ## Remove .venv and caches; runs/ stays.
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis site
