# Every target sets itself up: python3 with pip is all a fresh machine needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO_READY := $(VENV)/.demo-ready
EXTRAS := .venv-extras
EXTRAS_READY := $(EXTRAS)/.ready
TOOLS := build/tools
WHEEL_TEST := build/wheel-test
# What decides on a change tries a failed test once more, and names it in its summary (RERUN): a machine that stalls is
# no reason to stop a change, and a fault of ours rarely hides twice. Elsewhere the first failure counts.
TRIES := $(if $(CI),--reruns 1 --rerun-show-tracebacks -raR)
PYTEST := -m pytest $(TRIES)
PARALLEL := $(PYTEST) -n auto --dist loadfile
QUICK := not browser and not extra and not servers and not postgresql and not soak

# Tests start some hundred Python processes: without compiled modules each compiles ours anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint check bench test-browser test-servers test-extras test-spark test-concurrency soak test-soak wheel try-wheel test-wheel coverage clean

demo: $(DEMO_READY)
	$(BIN)/labelgate demo

test: $(READY)
	$(BIN)/python $(PARALLEL) -m "$(QUICK)"

test-browser: $(READY)
	$(BIN)/python $(PYTEST) -m browser

# Real gates under a real Prometheus, Alertmanager and PostgreSQL (apt-get install prometheus prometheus-alertmanager
# postgresql), and under Prefect's server and worker.
test-servers: $(READY)
	$(BIN)/python $(PYTEST) -m "servers or (postgresql and not extra)"

# Backends and loaders of the extras, with real small models, and the examples for other tools: environments
# of their own, as they are large and some of them want other versions than we do.
test-extras: $(EXTRAS_READY)
	LABELGATE_TEST_AIRFLOW=$(CURDIR)/$(TOOLS)/airflow/bin/airflow LABELGATE_TEST_DBT=$(CURDIR)/$(TOOLS)/dbt/bin/dbt \
	$(EXTRAS)/bin/python $(PARALLEL) -m "extra and not spark" tests

# Spark takes half a gigabyte and a minute: in that environment too, but only when asked for. Needs Java.
test-spark: $(EXTRAS_READY)
	$(EXTRAS)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt "pyspark>=4.0,<5"
	$(EXTRAS)/bin/python $(PYTEST) -m spark tests

# What an installation could lack (entry points, templates, schemas, migrations, programs it starts), tried on the
# built wheel in an environment that has never seen the checkout. tests/test_wheel.py compares the two, file by file.
ON_WHEEL := tests/contract/test_new_plugin.py tests/contract/test_plugins_command.py tests/checks/gx/test_process.py \
	tests/flows/report tests/flows/review/web/test_pages.py tests/flows/metrics tests/flows/formats tests/flows/test_cli.py \
	tests/flows/test_direct.py tests/flows/test_gate_flow.py tests/flows/test_history_schema.py tests/flows/test_init.py
wheel: $(READY)
	rm -rf dist $(WHEEL_TEST)
	$(BIN)/python -m build --wheel --no-isolation --outdir dist . >/dev/null
	$(PYTHON) -m venv $(WHEEL_TEST)/venv
	$(WHEEL_TEST)/venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt "$$(ls dist/*.whl)[test]"
	cp -r tests docs deployments benchmarks pyproject.toml constraints.txt $(WHEEL_TEST)/
	test ! -d ../shared || ln -sfn "$$(cd ../shared && pwd)" build/shared

try-wheel:
	cd $(WHEEL_TEST) && venv/bin/python $(PARALLEL) -m "$(QUICK)" $(ON_WHEEL)

test-wheel: wheel
	$(MAKE) try-wheel

# Eight gates at once, 200 rounds, in threads and in processes: some minutes. `make test` runs three rounds.
test-concurrency: $(READY)
	$(BIN)/python benchmarks/concurrency.py

# Twenty scheduled gates while servers, workers and a disk fail: below ten minutes. Needs PostgreSQL's server (apt-get
# install postgresql), and root for the disk that fills up. docs/soak.md says what the figures mean.
soak: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,postgresql]"
	PYTHONPATH=benchmarks $(BIN)/python -m soak

# Its short form: four data sets, one machine lost; some minutes.
test-soak: $(READY)
	$(BIN)/python $(PYTEST) -m soak

coverage: $(READY)
	$(BIN)/python $(PARALLEL) -m "$(QUICK)" --cov --cov-report=term

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Each of the first two keeps one core busy.
check: $(READY)
	$(MAKE) -j 2 --output-sync lint wheel
	$(MAKE) test
	$(MAKE) try-wheel

bench: $(READY)
	$(BIN)/python benchmarks/run_all.py

$(DEMO_READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(READY): $(DEMO_READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

$(EXTRAS_READY): pyproject.toml constraints.txt
	test -x $(EXTRAS)/bin/python || $(PYTHON) -m venv $(EXTRAS)
	$(EXTRAS)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test-extras]"
	$(PYTHON) -m venv $(TOOLS)/airflow
	$(TOOLS)/airflow/bin/python -m pip install --quiet --disable-pip-version-check "apache-airflow==3.3.2"
	$(PYTHON) -m venv $(TOOLS)/dbt
	$(TOOLS)/dbt/bin/python -m pip install --quiet --disable-pip-version-check "dbt-core==1.11.16" "dbt-duckdb==1.11.1"
	touch $@

clean:
	rm -rf $(VENV) $(EXTRAS) build dist .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
