# `make reports` and `make test` are all that a fresh machine needs: Python >= 3.11 with its venv module, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: reports test lab lint sample lock clean
.DEFAULT_GOAL := reports

reports: $(READY)
	$(BIN)/fundanalytics report --data data/sample --period 2020 --out reports/2020

test: $(READY)
	$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

lab: $(READY)
	cd notebooks && ../$(BIN)/jupyter lab

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/nbstripout --verify notebooks/*.ipynb

sample: $(READY)
	$(BIN)/fundanalytics sample --out data/sample

# the exact versions of everything, from the bounds in pyproject.toml (needs uv)
lock:
	@command -v uv >/dev/null || { echo "make lock needs uv: install it with 'pipx install uv' or 'pip install uv'"; exit 2; }
	uv pip compile --universal --python-version 3.11 --group dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "fundanalytics needs Python 3.11 or newer: install it (Debian, Ubuntu: apt install python3.11 python3.11-venv) and call make PYTHON=python3.11"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "Python's venv module is missing: install it (Debian, Ubuntu: apt install python3-venv)"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@
