# Every target sets itself up: Python 3.11+, make and git are all it takes.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTHONS := python3.13 python3.12 python3.11 python3
PYTEST_FLAGS :=
UV_FLAGS :=
APT := apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
  chromium fonts-noto-cjk

NOTEBOOKS = $(wildcard notebooks/*.ipynb)
SAMPLES = $(filter-out %/README.md %/manifest.csv,$(wildcard data/samples/*.*))

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup study test test-long browser test-browser lint format bench lab app lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-13s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) ## install everything into .venv (once per lock file)
	@echo "Ready: $(VENV)"

# A name on the PATH may be a shim that runs nothing, so each candidate is run.
$(BIN)/python:
	@python=; \
	for name in $(PYTHONS); do \
	  "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	    && python=$$name && break; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "gi_tools needs Python 3.11 or newer; none of $(PYTHONS) is one." >&2; \
	  exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip' 2>/dev/null; then \
	  package=$$("$$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	  if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
	    echo "$$python cannot create environments: install $$package" \
	      "(on Debian: apt-get install python3-venv), then repeat." >&2; \
	    exit 1; \
	  fi; \
	  apt-get install -y "$$package" || { apt-get update; apt-get install -y "$$package"; }; \
	fi; \
	echo "Creating $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

$(STAMP): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing the locked packages (about 500 MB once; minutes, not seconds)"
	@$(BIN)/python -m pip install --quiet --compile --require-hashes --no-deps \
	  -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

study: export GI_BUILD := $(CURDIR)/build
study: $(STAMP) ## execute the notebooks to HTML and write facts.csv, both in build/
	@mkdir -p build
	$(BIN)/gi parse --csv $(SAMPLES) > build/facts.csv
	$(BIN)/jupyter nbconvert --execute --to html --output-dir build notebooks/*.ipynb
	@echo "Left in build/:"
	@cd build && find . -type f | sort | sed 's|^\./|  |'

test: $(STAMP) ## run the fast tests
	$(BIN)/python -m pytest -n auto -m "not long and not browser" $(PYTEST_FLAGS)

# pytest ends with 5 when no test bears the marker; that is not a failure.
test-long: $(STAMP) ## run the tests that take minutes
	$(BIN)/python -m pytest -m long --timeout 3600 $(PYTEST_FLAGS) || [ $$? = 5 ]

# A browser and a Chinese font; GI_CHROMIUM names another browser.
browser:
	@if [ -z "$${GI_CHROMIUM:-}" ] && ! command -v chromium >/dev/null; then \
	  if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
	    echo "The browser tests need Chromium and a Chinese font; on Debian:" \
	      "apt-get install chromium fonts-noto-cjk" >&2; exit 1; \
	  fi; \
	  $(APT) || { apt-get update -q && $(APT); }; \
	fi

test-browser: $(STAMP) browser ## run the tests that drive JupyterLab in a browser
	$(BIN)/python -m pytest -m browser --timeout 600 $(PYTEST_FLAGS) || [ $$? = 5 ]

lint: $(STAMP) ## check style and stripped notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(if $(NOTEBOOKS),$(BIN)/nbstripout --verify $(NOTEBOOKS))

format: $(STAMP) ## rewrite style, strip notebook outputs
	$(BIN)/ruff check --fix --exit-zero --quiet .
	$(BIN)/ruff format .
	$(if $(NOTEBOOKS),$(BIN)/nbstripout $(NOTEBOOKS))

bench: $(STAMP) ## measure speed into build/bench.md
	@mkdir -p build
	($(BIN)/python tests/bench.py && $(BIN)/python tests/bench_readers.py \
	  && $(BIN)/python tests/panel_bench.py 5000) | tee build/bench.md

bench-scale: $(STAMP) ## measure builds of 1,000 and 10,000 reports into build/bench_scale.md
	@mkdir -p build
	$(BIN)/python tests/bench_scale.py | tee build/bench_scale.md

lab: $(STAMP) ## open JupyterLab on the notebooks
	$(BIN)/gi lab notebooks

app: $(STAMP) ## serve the explorers as a page, without code
	$(BIN)/voila notebooks/09_explore.ipynb

# Keeps every pin that still fits; `make lock UV_FLAGS=--upgrade` renews them all.
lock: $(BIN)/python ## regenerate requirements.lock from pyproject.toml
	@$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --generate-hashes \
	  --no-annotate --no-header --quiet $(UV_FLAGS) -o requirements.lock
	@if grep '://' requirements.lock; then \
	  echo "requirements.lock must hold no address." >&2; exit 1; \
	fi

clean: ## remove .venv, build and caches
	rm -rf $(VENV) build .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
