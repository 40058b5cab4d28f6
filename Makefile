# Two commands do everything, set-up included:  make demo   and   make test
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

# Hundreds of commands are run here: what Python compiles is kept, whatever the environment says.
export PYTHONDONTWRITEBYTECODE :=

# Tests of files and commands: they need no browser and no server, and none takes long.
OFFLINE := not browser and not slow

.PHONY: help demo test unit coverage fuzz lint rules bench docs dist advisories lock clean

help: ## show the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.installed ## audit the built-in demo estate: summary, HTML report and SARIF file
	$(BIN)/auditor demo
	@command -v auditor >/dev/null || echo "(auditor is in $(BIN), which '. $(BIN)/activate' puts on the path)"

# Two workers a processor: many tests wait for servers and browsers half of the time.
WORKERS = $$($(BIN)/python -c 'import os; print(2 * (os.cpu_count() or 1))')
test: $(VENV)/.dev ## install the test dependencies and run all tests
	$(MAKE) --no-print-directory --jobs 3 --output-sync lint rules $(VENV)/.tools
	AUDITOR_ALL_TESTS=1 $(BIN)/pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder

unit: $(VENV)/.dev ## run the offline tests in under a minute, with a fifth of the property examples
	$(BIN)/pytest -n auto --dist loadgroup --no-loadscope-reorder -m '$(OFFLINE)'

coverage: $(VENV)/.dev ## run the offline tests with coverage, in twice the time
	$(BIN)/pytest -n auto --dist loadgroup --no-loadscope-reorder -m '$(OFFLINE)' --cov --cov-report=term:skip-covered

rules: $(VENV)/.dev ## test every rule with its cases and warnings
	$(BIN)/auditor rules test

fuzz: $(VENV)/.dev ## run the command line on 10,000 damaged inputs
	$(BIN)/python -m tests.fuzz --count 10000 --seed 1
	$(BIN)/python -m tests.fuzz_lenses --count 5000 --seed 1

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev ## measure speed and size as ratios
	$(BIN)/python -m benchmarks

docs: $(VENV)/.dev ## write all generated files
	$(BIN)/auditor rules docs
	$(BIN)/auditor rules schema --output rules/rule.schema.json
	$(BIN)/auditor preflight --cluster-role > deploy/kubernetes/cluster-role.yaml
	$(BIN)/auditor preflight --api-versions --format markdown > docs/api-versions.md
	$(BIN)/python -m scripts.sentinel
	$(BIN)/auditor exemptions schema --output docs/exemptions.schema.json

DIST := dist
dist: $(VENV)/.dev ## build the wheel, the source archive and the SBOM (CycloneDX) of the dependencies
	$(BIN)/hatchling build -d $(DIST)
	$(BIN)/cyclonedx-py requirements requirements/all.txt --pyproject pyproject.toml --mc-type application \
		--output-reproducible --output-file $(DIST)/auditor.cdx.json

advisories: $(VENV)/.dev ## check the pinned dependencies for known vulnerabilities (requires an index that serves advisories)
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement requirements/all.txt

lock: ## update the pinned requirements (requires uv)
	printf '%s\n' hatchling editables | uv pip compile --quiet --no-strip-extras --universal --no-header --generate-hashes - -o requirements/build.txt
	uv pip compile --quiet --no-strip-extras --universal --no-header --generate-hashes pyproject.toml -o requirements/runtime.txt
	uv pip compile --quiet --no-strip-extras --universal --no-header --generate-hashes pyproject.toml --extra all -c requirements/dev.txt -o requirements/all.txt
	uv pip compile --quiet --no-strip-extras --universal --no-header --generate-hashes pyproject.toml --extra all --group dev -o requirements/dev.txt

clean:
	rm -rf $(VENV) node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*

# Debian and Ubuntu ship `venv` apart from Python.
$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed.' >&2; exit 3; }
	$(PYTHON) -m venv $(VENV) 2>/dev/null || { scripts/system-packages python3-venv; $(PYTHON) -m venv --clear $(VENV); }

$(VENV)/.installed: requirements/runtime.txt requirements/build.txt pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt requirements/build.txt pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements/build.txt -r requirements/dev.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.installed

# What the tests need beside Python: a browser, Microsoft's SARIF validator and KQL parser,
# Terraform, and a Kubernetes API server.
$(VENV)/.tools: package-lock.json requirements/terraform.txt scripts/kube-apiserver | $(VENV)/.dev
	scripts/terraform $(VENV)/tools $(BIN)/pip
	scripts/system-packages chromium npm
	scripts/kube-apiserver build >/dev/null & npm ci --no-audit --no-fund --loglevel=error && wait $$!
	chmod u+x node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
	@touch $@
