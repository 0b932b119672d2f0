# The index of verbs. Everything runs in .venv, built from the locked requirements.
.PHONY: demo run test check lint types imports bench soak audit sbom lock clean pictures
.DEFAULT_GOAL := test
MAKEFLAGS += --no-print-directory

# The first interpreter that is new enough; PYTHON=… chooses another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

$(READY): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Kabarbot needs Python 3.11 or newer; none was found on PATH." >&2; exit 2; }
	@$(PYTHON) -m venv --clear $(VENV) || { echo "python -m venv failed; on Debian and Ubuntu: apt install python3-venv" >&2; exit 2; }
	@echo "Setting up $(VENV) from requirements-dev.lock …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -OO -c "import bot.app, bot.assembly, bot.sources.child"  # as the bot runs
	@touch $@

demo: $(READY)
	@$(BIN)/kabarbot demo $(ARGS)

run: $(READY)
	@$(BIN)/kabarbot run

test: $(READY)
	$(BIN)/pytest -n auto --maxprocesses=8 --dist loadfile --cov --cov-report= $(ARGS)
	$(BIN)/coverage report --skip-empty --format=total | sed 's/^/branch coverage: /;s/$$/ %/'

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

check: lint types imports test

bench: $(READY)
	@for b in benchmarks/bench_*.py; do echo "== $$b"; $(BIN)/python $$b || exit 1; done

# A long crash campaign; KILLS says how many.
soak: $(READY)
	KILLS=$${KILLS:-2000} $(BIN)/pytest tests/crash -p no:randomly -s $(ARGS)

# Known faults of what is installed, from the package index's advisories; what cannot be looked up fails too.
# In a venv of its own, because the auditor brings more packages than the bot.
AUDIT := $(VENV)/audit
audit: $(READY)
	@$(PYTHON) -m venv --clear $(AUDIT)
	@$(AUDIT)/bin/pip install --quiet --disable-pip-version-check --only-binary=:all: --require-hashes -r requirements-audit.lock
	@for lock in requirements.lock requirements-dev.lock; do echo "== $$lock"; \
		$(AUDIT)/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r $$lock || exit 1; done

# What the image is made of, as CycloneDX.
sbom: $(READY)
	@$(BIN)/python deploy/sbom.py requirements.lock

# Needs uv. Versions and hashes only: an index belongs to the machine, not to the project.
lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet -o requirements.lock
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet --extra demo --group dev -o requirements-dev.lock
	echo 'pip-audit>=2.9,<3' | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet -o requirements-audit.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*

# README's pictures, from a real bot's posts; needs Debian's chromium.
pictures: $(READY)
	$(BIN)/python docs/images/make.py
