# Every target sets up what it needs in .venv, on a machine with Python 3.11 or newer, pip and make, and nothing else.
# `make PYTHON=/path/to/python3.12 test` chooses another Python.

PYTHON ?= python3
BIN := .venv/bin
TOOLS := .venv/tools
UV := $(TOOLS)/bin/uv
READY := .venv/ready

.PHONY: demo test check bench interop chaos serve format lock clean
.DEFAULT_GOAL := test

demo: $(READY)
	@$(BIN)/pencilin demo

test: $(READY)
	@$(BIN)/python -m pytest

check: $(READY)
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m ruff check
	$(BIN)/python -m mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

bench: $(READY)
	@$(BIN)/python -m tests.bench

interop: $(READY)
	@$(BIN)/python -m tests.interop

chaos: $(READY)
	@$(BIN)/python -m tests.chaos

serve: $(READY)
	@$(BIN)/pencilin serve

format: $(READY)
	$(BIN)/python -m ruff check --fix
	$(BIN)/python -m ruff format

# Both locks hold versions and hashes only, so that they work with every index a machine is set up for.
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

lock: $(READY)
	$(COMPILE) --all-extras --prerelease=if-necessary-or-explicit pyproject.toml -o requirements.lock
	printf 'hatchling\nsetuptools\nuv\n' | $(COMPILE) - -o .ci/tools.lock

clean:
	rm -rf .venv build var dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# pip fetches uv, and uv the rest: without the venv module, a compiler, or a change to the system's Python. Every
# download is held to a hash. pip's own choice of index and certificates is handed on: uv does not read pip's settings.
$(READY): pyproject.toml requirements.lock .ci/tools.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@echo "Setting up .venv; this happens once."
	@$(PYTHON) -m pip install -qq --disable-pip-version-check --root-user-action=ignore --no-warn-script-location \
	    --upgrade --target $(TOOLS) --require-hashes -r .ci/tools.lock
	@set -e; unset VIRTUAL_ENV CONDA_PREFIX; \
	index="$${PIP_INDEX_URL:-$$($(PYTHON) -m pip config get global.index-url 2>/dev/null || true)}"; \
	if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$index}"; fi; \
	cert="$${PIP_CERT:-$$($(PYTHON) -m pip config get global.cert 2>/dev/null || true)}"; \
	if [ -n "$$cert" ]; then export SSL_CERT_FILE="$${SSL_CERT_FILE:-$$cert}"; fi; \
	$(UV) venv --quiet --allow-existing --no-python-downloads \
	    --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv; \
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes --build-constraint .ci/tools.lock requirements.lock; \
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --build-constraint .ci/tools.lock --editable .
	@touch $@
