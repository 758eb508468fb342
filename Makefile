# Everything OCMS needs is installed in .venv and .tools; only Python 3.11 or newer has to be there before.

PYTHON ?= python3
WORKERS ?= 2
# Which mutants a sample has.
SEED ?= 1
# Not ?=: many environments have a PORT of another program.
PORT := 8000

VENV := .venv
BIN := $(VENV)/bin
# One stamp for each interpreter, so `make PYTHON=python3.12 ...` builds the environment again.
READY := $(VENV)/.ready-$(notdir $(PYTHON))
BENCH_READY := $(READY)-bench
CLIENTS_READY := $(READY)-clients
MUTANTS_READY := $(READY)-mutants
# npm, from a wheel, installs what tools/NAME/package.json names: Azurite, the Azure Blob Storage of the
# tests, the linter and the client generator of the API description, an identity provider, what checks pages in
# a browser for accessibility, and what draws the guide's diagrams.
TOOLS := .tools
NODE := $(TOOLS)/node
AZURITE_READY := $(TOOLS)/azurite/.ready
BROWSER_READY := $(TOOLS)/browser/.ready
UV = $$($(PYTHON) tools/bring_uv.py)
BRING = uv=$(UV) && $$uv sync --quiet --locked --python "$$(command -v $(PYTHON))" --all-extras
SYNC = $(BRING) --compile-bytecode
SOURCES := src tests benchmarks clients world guides tools conformance

export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := $(VENV)
# The certificates are the machine's, for uv as for the script that downloads it.
export UV_SYSTEM_CERTS ?= true
export NODE_USE_SYSTEM_CA ?= 1
unexport VIRTUAL_ENV PYTHONPATH

.DEFAULT_GOAL := help

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-19s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Bytecode is written here, where a machine may forbid Python to write it while a program runs. Some files of
# packages are for other versions of Python, and are never imported.
setup: $(READY) ## prepare .venv; .venv/bin/ocms is then the command
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true
	@$(BIN)/python -m compileall -q src

# Without bytecode, most of which a first `make run` does not need.
$(READY): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "OCMS needs Python 3.11 or newer, which $(PYTHON) is not: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Preparing $(VENV) (the first time may take a minute) ..."
	@$(BRING)
	@touch $@

$(BENCH_READY): $(READY)
	@$(SYNC) --group bench
	@touch $@

$(CLIENTS_READY): $(BENCH_READY)
	@$(SYNC) --group bench --group clients
	@touch $@

$(MUTANTS_READY): $(CLIENTS_READY)
	@$(SYNC) --group bench --group clients --group mutants
	@touch $@

$(TOOLS)/%/.ready: tools/%/package.json tools/%/package-lock.json tools/%/.npmrc uv.lock
	@echo "Installing $* for the tests (the first time may take a minute) ..."
	@uv=$(UV) && UV_PROJECT_ENVIRONMENT=$(NODE) $$uv sync --quiet --locked --python "$$(command -v $(PYTHON))" \
		--no-default-groups --only-group node
	@mkdir -p $(@D) && cp tools/$*/package.json tools/$*/package-lock.json tools/$*/.npmrc $(@D)
	@$(NODE)/bin/npm ci --prefix $(@D) >/dev/null || { \
		echo "$* could not be installed: is the npm registry reachable? Then run make again." >&2; exit 1; }
	@touch $@

run: $(READY) ## start a working system with sample data on SQLite; on another port with PORT=8001
	@$(BIN)/ocms demo --port $(PORT)

test: $(BENCH_READY) $(AZURITE_READY) ## run every test, on SQLite, a real PostgreSQL and Azurite
	@$(BIN)/pytest -n $(WORKERS)

mssql: $(READY) ## run the adapter suite on a SQL Server: make mssql URL='mssql://user:password@host'
	@test -n "$(URL)" || { echo "Name the server: make mssql URL='mssql://user:password@host'" >&2; exit 1; }
	@$(BIN)/pytest tests/ports/sql --server '$(URL)'

spec: $(READY) ## run the executable specification alone
	@$(BIN)/pytest tests/spec

clients: $(CLIENTS_READY) $(TOOLS)/clients/.ready ## lint the API description; call every operation by generated clients
	@$(BIN)/pytest clients

world: $(READY) $(TOOLS)/world/.ready $(BROWSER_READY) ## run OCMS with the real programs around it: nginx, HAProxy, PgBouncer, Postfix, identity providers, Chromium
	@$(PYTHON) tools/bring_programs.py
	@$(BIN)/pytest world

site: $(READY) $(TOOLS)/pictures/.ready ## build the documentation site in var/guide, where a running system shows it under /guide
	@uv=$(UV) && UV_PROJECT_ENVIRONMENT=$(TOOLS)/site $$uv sync --quiet --locked \
		--python "$$(command -v $(PYTHON))" --no-default-groups --group site
	@cp tools/pictures/draw.mjs $(TOOLS)/pictures
	@NO_MKDOCS_2_WARNING=1 $(TOOLS)/site/bin/python -m tools.doc_site

postgres: $(READY) ## start an empty PostgreSQL to try a deployment on, until it is stopped
	@$(BIN)/python -m tools.postgres

newcomer: ## follow the README and the guide to a deployment in a fresh clone of the last commit, and time it
	@$(PYTHON) -m guides.newcomer

guides: $(READY) ## run every command of the README and the how-to pages as it is written
	@$(BIN)/pytest guides

check: $(MUTANTS_READY) ## check style, types, import contracts, the printed docs and the lock
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.support.rule_index --check
	$(BIN)/python -m tools.reference_page --check
	$(BIN)/python -m tools.data_dictionary --check
	$(BIN)/python -m tools.diagrams --check
	$(BIN)/python -m tools.sequences --check
	$(BIN)/python -m tools.conformance_cases --check
	uv=$(UV) && $$uv lock --check --quiet --python "$$(command -v $(PYTHON))"

conformance: $(MUTANTS_READY) ## run the conformance kit, from its wheel in an empty environment, against OCMS served on both databases
	@$(BIN)/pytest conformance/tests

conformance-cases: $(READY) ## print the conformance kit's cases of tests that have changed, from the specification
	@$(BIN)/python -m tools.conformance_cases

conformance-mutants: $(MUTANTS_READY) ## serve OCMS with small changes over HTTP, which the conformance kit has to find; others with SEED=2
	@$(BIN)/python -m tools.conformance_mutants --seed $(SEED) $(if $(SAMPLE),--sample $(SAMPLE))

bench: $(BENCH_READY) ## measure OCMS beside its peers on PostgreSQL
	@$(BIN)/python -m benchmarks

screens: $(READY) $(BROWSER_READY) ## take pictures of the staff pages on the sample, and check each for accessibility
	@$(PYTHON) tools/bring_programs.py browser
	@$(BIN)/python -m tools.screens

mutants: $(MUTANTS_READY) ## change the core in small ways, which the specification has to find; some with SAMPLE=200
	@$(BIN)/python -m tools.mutants --workers $(WORKERS) --seed $(SEED) \
		$(if $(SAMPLE),--sample $(SAMPLE)) $(if $(RESULTS),--results $(RESULTS))

campaign: $(READY) ## run one campaign whole, in minutes to hours: make campaign NAME=year, kills, full_disk or removal
	@$(BIN)/python -m tests.campaigns.$(NAME)

soak: $(READY) $(AZURITE_READY) ## run the tests with a hundred times as many generated examples, 200 mutants, 100 more over HTTP, and the campaigns
	@$(BIN)/pytest -n $(WORKERS) --hypothesis-profile=soak
	@$(MAKE) --no-print-directory mutants SAMPLE=200
	@$(MAKE) --no-print-directory conformance-mutants
	@$(MAKE) --no-print-directory campaign NAME=year
	@$(MAKE) --no-print-directory campaign NAME=kills
	@$(MAKE) --no-print-directory campaign NAME=removal

docs: $(READY) ## print the generated docs again
	@$(BIN)/python -m tests.support.rule_index
	@$(BIN)/python -m tools.reference_page
	@$(BIN)/python -m tools.data_dictionary
	@$(BIN)/python -m tests.spec.state_space.page
	@$(BIN)/python -m tools.diagrams
	@$(BIN)/python -m tools.sequences

clean: ## remove everything that make or a run has written here
	rm -rf $(VENV) .tools .run var dist .*_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup run test screens mssql spec clients world site postgres newcomer guides check conformance conformance-cases
.PHONY: conformance-mutants bench mutants campaign soak docs clean
