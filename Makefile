# `make reports` and `make test` are all that a fresh machine needs: Python >= 3.11 with its venv module, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: reports test prove bench lab lint sample example lock clean
.DEFAULT_GOAL := reports

reports: reports/2020/.made
	@echo reports/2020/index.html

# again only when something that reports are made of has changed
reports/2020/.made: $(READY) $(shell find data/sample notebooks fundanalytics -type f -not -path '*/.*' -not -name '*.pyc')
	$(BIN)/fundanalytics report --data data/sample --period 2020 --out reports/2020
	@touch $@

test: $(READY)
	$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

# the long proofs: what `make test` tries on a few hundred random cases, on thousands
prove: $(READY)
	PROVE_CASES=5000 $(BIN)/python -m pytest -n auto --dist loadgroup -s tests/test_random_layouts.py tests/test_fuzz.py tests/test_bad_input.py tests/test_load.py tests/test_coverage.py tests/test_browser.py tests/test_engine.py tests/test_forks.py tests/test_faults.py

# `make bench ONLY=reading`: one of them; results go to benchmarks/README.md
bench: $(READY)
	$(BIN)/python -m benchmarks $(ONLY)

lab: $(READY)
	cd notebooks && ../$(BIN)/jupyter lab

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/nbstripout --keep-id --verify notebooks/*.ipynb

sample: $(READY)
	$(BIN)/fundanalytics sample --out data/sample

# the kept example, of which the README shows a page (needs chromium, poppler-utils and qpdf)
example: $(READY)
	$(BIN)/fundanalytics report --only district --formats pdf --out build/example
	mkdir -p reports/example
	qpdf --object-streams=generate --recompress-flate --compression-level=9 build/example/district_999901_2020.pdf reports/example/district_999901_2020.pdf
	pdftoppm -r 70 -png -f 1 -l 2 reports/example/district_999901_2020.pdf reports/example/page

# the exact versions of everything, from the bounds in pyproject.toml (needs uv)
lock:
	@command -v uv >/dev/null || { echo "make lock needs uv: install it with 'pipx install uv' or 'pip install uv'"; exit 2; }
	uv pip compile --universal --python-version 3.11 --group dev --extra word pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "fundanalytics needs Python 3.11 or newer: install it (Debian, Ubuntu: apt install python3.11 python3.11-venv) and call make PYTHON=python3.11"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "Python's venv module is missing: install it (Debian, Ubuntu: apt install python3-venv)"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
