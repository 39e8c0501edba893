# The same few verbs for people and for CI. `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
WORKERS ?= 2
WAREHOUSES := .venv-warehouses
DBT := .venv-dbt
WAREHOUSES_STAMP := $(WAREHOUSES)/.installed
# The stand-in of BigQuery wants older versions than that of Snowflake.
BIGQUERY := .venv-bigquery
BIGQUERY_STAMP := $(BIGQUERY)/.installed
PEERS := .venv-bench
PEERS_STAMP := $(PEERS)/.installed

# Without byte code every start of dbt takes seconds longer.
unexport PYTHONDONTWRITEBYTECODE
# dbt would report each run to its makers.
export DO_NOT_TRACK := 1

.DEFAULT_GOAL := help
.PHONY: help install demo test test-warehouses test-spark test-bigquery golden test-dbt test-extras oracle oracle-destinations oracle-warehouses soak bench bench-peers mutants lint audit format docs lock lock-warehouses lock-bigquery clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## make .venv and install everything that is pinned in requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one with: make install PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
		{ echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: install ## two months of real purchases: dbt build, runner push, plan, push (DuckDB and the sandbox)
	@$(BIN)/python scripts/demo.py

test: install ## every test, with a PostgreSQL server of its own if its programs are installed
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

$(WAREHOUSES_STAMP): requirements-warehouses.lock pyproject.toml
	@test -x $(WAREHOUSES)/bin/python || $(PYTHON) -m venv $(WAREHOUSES)
	$(WAREHOUSES)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-warehouses.lock
	$(WAREHOUSES)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(BIGQUERY_STAMP): requirements-bigquery.lock pyproject.toml
	@test -x $(BIGQUERY)/bin/python || $(PYTHON) -m venv $(BIGQUERY)
	$(BIGQUERY)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-bigquery.lock
	$(BIGQUERY)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIGQUERY)/bin/python -c "from duckdb_extensions import import_extension; import_extension('spatial')"
	@touch $@

test-warehouses: $(WAREHOUSES_STAMP) ## Snowflake and Redshift on stand-ins, and every dialect without an engine, in an environment of their own
	$(WAREHOUSES)/bin/python -m pytest -n $(WORKERS) --dist loadfile tests/warehouses \
		--ignore tests/warehouses/bigquery --ignore tests/warehouses/spark

test-spark: $(WAREHOUSES_STAMP) ## Spark for real, with Iceberg tables (needs Java 17), and the runner's words to Databricks
	$(WAREHOUSES)/bin/python -m pytest tests/warehouses/spark

test-bigquery: $(BIGQUERY_STAMP) ## BigQuery on a stand-in, in an environment of its own
	$(BIGQUERY)/bin/python -m pytest -p no:bqemulator tests/warehouses/bigquery

golden: $(WAREHOUSES_STAMP) ## write tests/warehouses/golden_sql anew: what dbt says in each dialect
	$(WAREHOUSES)/bin/python -m tests.warehouses.offline.golden_sql

test-dbt: ## the main job and the oracle on the oldest and on the newest dbt-core, each in an environment of its own
	@test -x $(DBT)/uv/bin/uv || { $(PYTHON) -m venv $(DBT)/uv && $(DBT)/uv/bin/python -m pip install --quiet uv; }
	@# dbt-core 1.12 asks for a parser that it does not use unless told to, and that is built from a download.
	@echo "dbt-core-experimental-parser; python_version < '3'" > $(DBT)/overrides.txt
	for version in '==1.10.8' '>=1.12,<2'; do \
		folder=$(DBT)/$$(echo $$version | tr -dc 0-9) && \
		{ test -x $$folder/bin/python || $(PYTHON) -m venv $$folder; } && \
		$(DBT)/uv/bin/uv pip install --quiet --compile-bytecode --python $$folder/bin/python \
			--overrides $(DBT)/overrides.txt --group test '.[duckdb,postgres,sandbox]' "dbt-core$$version" && \
		TAILRACE_ORACLE_CYCLES=3 $$folder/bin/python -m pytest -n $(WORKERS) \
			tests/integration/test_main_job.py tests/oracle/test_oracle.py || exit 1; \
	done

test-extras: install ## each extra installed alone: the runner starts and says so where a warehouse cannot be reached (minutes)
	$(BIN)/python -m tests.warehouses.extras

oracle: install ## the property test at length: 500 cycles a mode on DuckDB, 100 on PostgreSQL (about an hour)
	TAILRACE_ORACLE_CYCLES=25 TAILRACE_ORACLE_HISTORIES=20 $(BIN)/python -m pytest tests/oracle/test_oracle.py -k duckdb
	TAILRACE_ORACLE_CYCLES=25 TAILRACE_ORACLE_HISTORIES=4 $(BIN)/python -m pytest tests/oracle/test_oracle.py -k postgres

oracle-destinations: install ## the property test at length on Batch, Dotdigital and Voyado: 200 cycles each (about an hour)
	TAILRACE_ORACLE_CYCLES=25 TAILRACE_ORACLE_HISTORIES=8 $(BIN)/python -m pytest -n $(WORKERS) tests/oracle/test_other_destinations.py

oracle-warehouses: $(WAREHOUSES_STAMP) $(BIGQUERY_STAMP) ## the property test at length on Snowflake, Redshift, BigQuery and Spark: 30 cycles a mode (hours)
	TAILRACE_ORACLE_CYCLES=30 $(WAREHOUSES)/bin/python -m pytest tests/warehouses/test_snowflake_oracle.py
	TAILRACE_ORACLE_CYCLES=30 $(WAREHOUSES)/bin/python -m pytest tests/warehouses/redshift/test_redshift_oracle.py
	TAILRACE_ORACLE_CYCLES=30 $(BIGQUERY)/bin/python -m pytest -p no:bqemulator tests/warehouses/bigquery/test_bigquery_oracle.py
	TAILRACE_ORACLE_CYCLES=30 $(WAREHOUSES)/bin/python -m pytest tests/warehouses/spark/test_spark_oracle.py

soak: install ## 190 seeds of builds and pushes in processes that are killed, on both engines, and a kill at every statement (some two hours)
	$(BIN)/python -m tests.soak --engine duckdb --seeds 150 --jobs $(WORKERS)
	$(BIN)/python -m tests.soak --engine postgres --seeds 40 --jobs $(WORKERS)

bench: install ## measure builds and pushes of a million rows on this machine; ARGS=--large for ten million
	$(BIN)/python -m benchmarks $(ARGS)

$(PEERS_STAMP): benchmarks/requirements-peers.txt
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements-peers.txt
	@touch $@

bench-peers: install $(PEERS_STAMP) ## the same source and server with other programs, in an environment of their own
	$(BIN)/python -m benchmarks peers $(ARGS)

lint: install ## ruff, mypy, sqlfluff, codespell and the project file: nothing is changed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy $(wildcard runner tests scripts benchmarks)
	$(BIN)/sqlfluff lint models
	$(BIN)/codespell
	$(BIN)/validate-pyproject pyproject.toml

mutants: install ## put deliberate faults into a copy, one by one: each must be noticed by its test (about half an hour)
	$(BIN)/python -m tests.mutants

audit: install ## ask whether a pinned dependency has a known vulnerability
	$(BIN)/python scripts/audit.py

format: install ## let ruff put the Python code in order
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: install ## write docs/catalogue.md from the destination services
	$(BIN)/python scripts/catalogue.py

lock: ## pin again: resolve pyproject.toml in an empty environment and write requirements.lock
	rm -rf .venv/lock && $(PYTHON) -m venv .venv/lock
	.venv/lock/bin/python -m pip install --quiet --upgrade pip
	.venv/lock/bin/python -m pip install --quiet --group dev '.[duckdb,keyring,parquet,postgres,sandbox]' 'dbt-core<1.12'
	{ echo "# Everything for development, demo and CI. Written by: make lock"; \
		.venv/lock/bin/python -m pip freeze --exclude tailrace; } > requirements.lock
	rm -rf .venv/lock

lock-warehouses: ## pin again what make test-warehouses installs, and write requirements-warehouses.lock
	rm -rf $(WAREHOUSES)/lock && $(PYTHON) -m venv $(WAREHOUSES)/lock
	$(WAREHOUSES)/lock/bin/python -m pip install --quiet --upgrade pip
	$(WAREHOUSES)/lock/bin/python -m pip install --quiet --group test 'dbt-core<1.12' \
		'.[bigquery,databricks,duckdb,postgres,redshift,sandbox,snowflake,spark]' 'fakesnow[server]' editables \
		PyHive 'pyspark<4' 'snowpark-connect-deps-iceberg==1.0.2' # the next one lacks classes
	{ echo "# Everything for the tests of other warehouses. Written by: make lock-warehouses"; \
		$(WAREHOUSES)/lock/bin/python -m pip freeze --exclude tailrace; } > requirements-warehouses.lock
	rm -rf $(WAREHOUSES)/lock

lock-bigquery: ## pin again what the tests of BigQuery need, and write requirements-bigquery.lock
	rm -rf $(BIGQUERY)/lock && $(PYTHON) -m venv $(BIGQUERY)/lock
	$(BIGQUERY)/lock/bin/python -m pip install --quiet --upgrade pip
	$(BIGQUERY)/lock/bin/python -m pip install --quiet --group test 'dbt-core<1.12' \
		'.[bigquery,duckdb,postgres,sandbox]' bqemulator 'duckdb==1.5.5' 'duckdb-extension-spatial==1.5.5' \
		duckdb-extensions numpy 'sqlglot<30.12' editables
	{ echo "# Everything for the tests of BigQuery. Written by: make lock-bigquery"; \
		$(BIGQUERY)/lock/bin/python -m pip freeze --exclude tailrace; } > requirements-bigquery.lock
	rm -rf $(BIGQUERY)/lock

clean: ## remove the environment and all that dbt, the demo and the tests left behind
	rm -rf .venv $(WAREHOUSES) $(BIGQUERY) $(DBT) $(PEERS) .demo target logs dbt_packages build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
