# Everything a person or a build machine does with Myotome. `make` alone prints what there is.
# Each step of `setup` leaves a stamp in build/stamps: a second run does only what a changed lock or source asks for.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON3 ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
PY := $(VENV)/bin/python
STAMPS := build/stamps
BUILT := src/myotome/website/static/built
FRONTEND_SOURCES := $(shell find frontend -type f -not -path 'frontend/node_modules/*')

PATIENTS ?= 300
SEED ?= 1
PORT ?= 8000
JOBS ?= 2
TESTS ?=
TEST_PACKAGES := chromium fonts-noto-cjk fonts-dejavu-core libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 vdirsyncer khal poppler-utils

# A stamp without the thing it vouches for is worth nothing.
ifeq ($(wildcard $(PY)),)
$(shell rm -f $(STAMPS)/python $(STAMPS)/installed)
endif
ifeq ($(wildcard .venv-science/bin/python),)
$(shell rm -f $(STAMPS)/science)
endif
ifeq ($(wildcard frontend/node_modules/vite),)
$(shell rm -f $(STAMPS)/node)
endif
ifeq ($(wildcard $(BUILT)/site.css),)
$(shell rm -f $(STAMPS)/frontend)
endif

.PHONY: help
help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(STAMPS)/installed $(STAMPS)/frontend ## Python environment, front end, and .venv/bin/myotome

$(STAMPS):
	@mkdir -p $@

$(STAMPS)/python: requirements.lock | $(STAMPS)
	@test -n "$(PYTHON3)" || { echo "Python 3.11 or later is needed and was not found." >&2; exit 1; }
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; $(PYTHON3) is older." >&2; exit 1; }
	@test -x $(PY) || $(PYTHON3) -m venv $(VENV) || { rm -rf $(VENV); apt-get -o DPkg::Lock::Timeout=300 install -qq -y python3-venv && $(PYTHON3) -m venv $(VENV); }
	@awk '/^[a-z]/ {wanted = /^uv==/} wanted' requirements.lock > build/uv.txt
	@$(VENV)/bin/uv --version 2>/dev/null | grep -qF "$$(sed -n 's/^uv==\([^ ]*\).*/\1/p' build/uv.txt)" || $(PY) -m pip install -q --disable-pip-version-check --require-hashes -r build/uv.txt
	$(VENV)/bin/uv pip sync -q --python $(PY) --require-hashes requirements.lock
	@rm -f $(STAMPS)/installed
	@touch $@

$(STAMPS)/installed: $(STAMPS)/python pyproject.toml
	$(VENV)/bin/uv pip install -q --python $(PY) --no-deps --no-build-isolation -e .
	@touch $@

$(STAMPS)/node: frontend/package-lock.json frontend/package.json | $(STAMPS)
	@command -v npm >/dev/null || { echo "Node 20.19 or later with npm is needed and was not found." >&2; exit 1; }
	cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(STAMPS)/frontend: $(STAMPS)/node $(FRONTEND_SOURCES)
	cd frontend && npm run --silent build -- --logLevel error
	@touch $@

# What only measurements and `myotome refit` need lives in an environment of its own: the clinic's stays small.
SCIENCE := .venv-science
$(STAMPS)/science: requirements-science.lock $(STAMPS)/installed
	@test -x $(SCIENCE)/bin/python || $(PYTHON3) -m venv $(SCIENCE)
	$(VENV)/bin/uv pip sync -q --python $(SCIENCE)/bin/python --require-hashes requirements-science.lock
	$(VENV)/bin/uv pip install -q --python $(SCIENCE)/bin/python --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: science
science: setup $(STAMPS)/science ## .venv-science: the peers that benchmarks run beside, and what `myotome refit` needs

.PHONY: demo
demo: setup ## A synthetic clinic on http://127.0.0.1:8000/ (PATIENTS=300 SEED=1 PORT=8000)
	@exec $(VENV)/bin/myotome demo --patients $(PATIENTS) --seed $(SEED) --port $(PORT)

.PHONY: packages
packages:
	@missing=""; for name in $(TEST_PACKAGES); do dpkg-query -W -f '$${Status}' $$name 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$name"; done; \
	compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing="$$missing postgresql"; \
	if [ -n "$$missing" ]; then \
		echo "Installing$$missing"; \
		export DEBIAN_FRONTEND=noninteractive; \
		mkdir -p /etc/postgresql-common; test -e /etc/postgresql-common/createcluster.conf || echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf; \
		apt-get -o DPkg::Lock::Timeout=300 update -qq; \
		apt-get -o DPkg::Lock::Timeout=300 install -qq -y --no-install-recommends $$missing >/dev/null; \
	fi

.PHONY: lint
lint: setup ## Floors, style, types, front-end types, migrations in step with the rows
	@$(VENV)/bin/lint-imports --no-cache .importlinter >build/floors.log 2>&1 || { cat build/floors.log; exit 1; }
	@$(VENV)/bin/ruff check -q .
	@$(VENV)/bin/ruff format -q --check .
	@$(VENV)/bin/mypy
	@cd frontend && npm run --silent check
	@MYOTOME_DATA_DIR=build/lint DJANGO_SETTINGS_MODULE=myotome.website.settings_test $(PY) -m django makemigrations --check --dry-run -v 0
	@$(PY) validation/stale.py

.PHONY: test
test: setup packages lint ## Everything that has to be green, on SQLite and on PostgreSQL (TESTS=path for a part)
	@exec $(PY) tests/postgres.py -- $(SHELL) tests/run.sh $(JOBS) $(TESTS)

.PHONY: screenshots
screenshots: setup packages ## Pictures of every page of the walk, in build/screenshots and docs
	@MYOTOME_SCREENSHOTS=build/screenshots $(PY) -m pytest tests/browser -q
	@ls build/screenshots | wc -l | xargs -I{} echo "{} pictures in build/screenshots"

.PHONY: bench
bench: setup ## Load and CPU per request of the pages that matter; build/bench.json
	@mkdir -p build; $(PY) benchmarks/web.py --json build/bench.json

.PHONY: soak
soak: setup packages science ## The full counts of every property and validation; may take hours
	@$(PY) tests/postgres.py -- $(PY) validation/soak.py

.PHONY: check
check: setup ## Is this installation configured safely?
	@$(VENV)/bin/myotome check

.PHONY: messages
messages: setup ## build/messages.pot: every sentence, for translators
	@MYOTOME_DATA_DIR=build/lint DJANGO_SETTINGS_MODULE=myotome.website.settings_test PYTHONPATH=src $(PY) tests/write_messages.py

.PHONY: wheel
wheel: setup ## dist/myotome-*.whl with the built front end inside
	@rm -rf dist; $(PY) -m build --wheel --no-isolation --outdir dist . >build/wheel.log 2>&1 || { tail -n 20 build/wheel.log >&2; exit 1; }; ls dist/*.whl

.PHONY: lock
lock: setup ## Bring requirements.lock in step with pyproject.toml
	$(VENV)/bin/uv pip compile -q pyproject.toml --python $(PY) --group dev --generate-hashes --no-header --no-annotate -o requirements.lock
	$(VENV)/bin/uv pip compile -q pyproject.toml --python $(PY) --group dev --group bench --extra refit -c requirements.lock --generate-hashes --no-header --no-annotate -o requirements-science.lock

.PHONY: clean
clean: ## Remove what was built; the data folder var/ stays
	rm -rf build dist $(BUILT) .ruff_cache .mypy_cache .import_linter_cache
