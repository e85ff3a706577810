# Every target sets itself up: python3 with pip is all a fresh machine needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO_READY := $(VENV)/.demo-ready
WHEEL_TEST := build/wheel-test

.PHONY: demo test check bench test-browser test-wheel coverage clean

demo: $(DEMO_READY)
	$(BIN)/labelgate demo

test: $(READY)
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not browser"

test-browser: $(READY)
	$(BIN)/python -m pytest -m browser

# The same tests on the built wheel, in an environment that has never seen the checkout.
test-wheel: $(READY)
	rm -rf dist $(WHEEL_TEST)
	$(BIN)/python -m build --wheel --no-isolation --outdir dist . >/dev/null
	$(PYTHON) -m venv $(WHEEL_TEST)/venv
	$(WHEEL_TEST)/venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt "$$(ls dist/*.whl)[test]"
	cp -r tests docs deployments benchmarks pyproject.toml constraints.txt $(WHEEL_TEST)/
	test ! -d ../shared || ln -sfn "$$(cd ../shared && pwd)" build/shared
	cd $(WHEEL_TEST) && venv/bin/python -m pytest -n auto --dist loadfile -m "not browser" tests

coverage: $(READY)
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not browser" --cov --cov-report=term

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test
	$(MAKE) test-wheel

bench: $(READY)
	$(BIN)/python benchmarks/run_all.py

$(DEMO_READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(READY): $(DEMO_READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) build dist .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
