# Every target makes its own environment in .venv; nothing but Python 3.11+ and make is needed beforehand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.synced
# Trust what the machine trusts: many organisations stand between it and the package index.
export UV_SYSTEM_CERTS ?= 1
export UV_NATIVE_TLS ?= 1

.PHONY: help env demo test fuzz kill organisation limits parity check lint types layers unit docs docs-check wheel-check checkov clean

help:
	@echo "make demo   the sample department in three clouds, a sample plan and a page over three weeks; no cloud account needed"
	@echo "make test   every check that a change must pass"
	@echo "make fuzz   ten thousand broken plans, where make test has two thousand, and property tests on examples drawn anew"
	@echo "make kill   a scan killed with SIGKILL at fifty points (on PostgreSQL at ten), where make test has three and one"
	@echo "make organisation  thirty emulated accounts, killed at fifty points and read over a faulty network by twenty seeds, where make test has eight, one and one"
	@echo "make limits the CronJob's memory and the function's time, held against thirty emulated accounts with two thousand stores (Linux, as root; a quarter of an hour)"
	@echo "make parity an estate planned and applied by a real Terraform, judged as plan and live (fetches Terraform once)"
	@echo "make docs   write the generated pages and schemas anew"
	@echo "make checkov  the current Checkov, in an environment of its own, beside what the tests have recorded of it"

$(STAMP): pyproject.toml uv.lock
	$(PYTHON) -c 'import sys; sys.exit("tierwise needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/uv sync --quiet --frozen --active --inexact --compile-bytecode --extra demo
	touch $(STAMP)

env: $(STAMP)

demo: $(STAMP)
	$(BIN)/tierwise demo --history demo-report

test: check unit

check: lint types layers docs-check wheel-check

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

layers: $(STAMP)
	$(BIN)/lint-imports

unit: $(STAMP)
	$(BIN)/pytest

fuzz: $(STAMP)
	TIERWISE_MUTANTS=10000 $(BIN)/pytest tests/connectors/terraform/test_mutations.py tests/cli/test_mutations.py
	TIERWISE_FAULTS=5000 $(BIN)/pytest tests/connectors/gcp/test_malformed.py
	TIERWISE_FUZZ=1 $(BIN)/pytest -m hypothesis

kill: $(STAMP)
	TIERWISE_KILLS=50 $(BIN)/pytest -n 0 tests/store/test_kill.py tests/scan/test_resume.py

organisation: $(STAMP)
	TIERWISE_ACCOUNTS=30 TIERWISE_KILLS=50 TIERWISE_SEEDS=20 $(BIN)/pytest -n 0 tests/organisation

# Not part of make test: planting the estate alone takes minutes.
limits: $(STAMP)
	$(BIN)/python -m benchmarks.limits

# Not part of make test: it fetches 140 MB and takes two minutes.
parity: $(STAMP)
	$(BIN)/python -m tests.parity.run

docs: $(STAMP)
	$(BIN)/python tools/gen_docs.py
	$(BIN)/python tools/checkov_agreement.py

docs-check: $(STAMP)
	$(BIN)/python tools/gen_docs.py --check
	$(BIN)/tierwise controls check
	$(BIN)/tierwise profiles check
	$(BIN)/python tools/calibration.py --check
	$(BIN)/python tools/checkov_agreement.py --check

wheel-check: $(STAMP)
	$(BIN)/python tools/wheel_check.py

checkov: $(STAMP)
	test -x .venv-checkov/bin/python || $(BIN)/uv venv --quiet .venv-checkov
	$(BIN)/uv pip install --quiet --upgrade --python .venv-checkov/bin/python checkov
	$(BIN)/python -m tools.checkov_record --check --checkov-bin .venv-checkov/bin/checkov

clean:
	rm -rf $(VENV) .venv-checkov dist .mypy_cache .ruff_cache .pytest_cache
