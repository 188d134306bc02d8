# `make demo` sets up what the demo needs, `make test` everything; both share one virtual environment.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# uv is several times as fast as pip; pip may know of an index that uv does not. Neither compiles what
# is installed: what is imported is compiled then.
PIP := --disable-pip-version-check install -qq --no-compile
UV := $(BIN)/uv pip install --quiet --python
# Constraints that stand in the environment hold for the build of a package too.
PINNED := PIP_CONSTRAINT=constraints.txt UV_CONSTRAINT=constraints.txt UV_BUILD_CONSTRAINT=constraints.txt
INSTALL = export $(PINNED); $(UV) $(BIN)/python -e '.[$(EXTRAS)]' || $(BIN)/pip $(PIP) -e '.[$(EXTRAS)]'

PINS := pyproject.toml constraints.txt
DEMO_READY := $(VENV)/.demo-ready
TEST_READY := $(VENV)/.test-ready
MUTATION_READY := $(VENV)/.mutation-ready
PEERS_READY := $(VENV)/.peers-ready

# What is tested without counting its lines, since that would take twice as long: the edges, and what
# is tried on whole procedures. Of all else every line must be reached.
UNCOUNTED := */klimaflow/cli/*,*/klimaflow/contrib/*,*/klimaflow/frames/*,*/klimaflow/markup/*,*/klimaflow/pages/*,*/klimaflow/planning/*,*/klimaflow/plots/*,*/klimaflow/report/*,*/klimaflow/scenarios/*,*/klimaflow/seen/*,*/klimaflow/store/*,*/klimaflow/testing/*,*/klimaflow/verify/*

MUTANTS := build/mutation
COSMIC := ../../$(BIN)

# Explorations, and the pages that show them.
PROOF := tests/verify tests/faults docs/explanation/verification.md docs/how-to/prove-a-procedure.md docs/reference/verification.md

# Tables of many rows, on every kind of frame.
TABLES := tests/frames tests/scenarios tests/plots

# Databases, and processes that are killed.
STORE := tests/store

# A project of Django's, on each database.
DJANGO := tests/django

# Everything spoilt, and everything drawn; what tests policies, which is tried on whole ones.
CORPUS := tests/corpus tests/property tests/testing tests/test_testing.py tests/exports/test_answers.py docs/how-to/encode-a-half-year.md docs/how-to/test-a-policy.md docs/how-to/ask-what-if.md

# What is asked from outside: commands, pages, notebooks, releases, and the docs.
EDGES := $(wildcard tests/test_cli*.py tests/test_report*.py) tests/test_golden.py tests/test_plan_pages.py tests/test_planning.py tests/test_release.py tests/test_skeleton.py tests/test_security.py $(filter-out $(PROOF) $(CORPUS),$(wildcard docs/*.md docs/*/*.md))

# What is looked at in a browser, and the pieces from npm that judge it.
BROWSER := tests/browser
NODE_READY := $(BROWSER)/node_modules/.ready

# What is said of the docs as they are built.
SITE := tests/test_docs.py

# Programs that others wrote, which judge the exports: in an environment of their own, and from npm.
STANDARDS := tests/standards
JUDGES := .venv-standards
JUDGES_READY := $(JUDGES)/.ready
STANDARDS_READY := $(STANDARDS)/node_modules/.ready

.PHONY: demo test setup lint unit corpus edges proof tables store django browser standards docs package bench peers frames courses golden oracle faults reliability mutation clean distclean

# The demo has refused steps, so `follow` ends with status 1; 2 is a file that cannot be read.
demo: $(DEMO_READY)
	@$(BIN)/klimaflow follow examples/skybrud-paa-tvaers.toml || test $$? -eq 1

# In this order several at a time take the shortest: what waits for another stands well behind it.
test: store docs unit proof tables corpus browser edges package standards django lint

# All that the tests import, and what judges the exports.
setup: $(TEST_READY) $(JUDGES_READY) $(NODE_READY) $(STANDARDS_READY)

lint: $(TEST_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports --no-logo

# What states a fact on its own reaches every line of the core; all else is tested without counting.
unit: $(TEST_READY)
	$(BIN)/coverage run -m pytest $(addprefix --ignore=,$(PROOF) $(CORPUS) $(EDGES) $(TABLES) $(STORE) $(DJANGO) $(BROWSER) $(STANDARDS) $(SITE))
	$(BIN)/coverage report --omit='$(UNCOUNTED)' --fail-under=100

corpus: $(TEST_READY)
	$(BIN)/python -m pytest $(CORPUS)

edges: $(TEST_READY)
	$(BIN)/python -m pytest $(EDGES)

# What asks `decide` a million times, and would take thrice as long if its lines were counted.
proof: $(TEST_READY)
	$(BIN)/python -m pytest $(PROOF)

tables: $(TEST_READY)
	$(BIN)/python -m pytest $(TABLES)

store: $(TEST_READY)
	$(BIN)/python -m pytest $(STORE)

django: $(TEST_READY)
	$(BIN)/python -m pytest $(DJANGO)
	KLIMAFLOW_DJANGO=postgresql $(BIN)/python -m pytest $(DJANGO)

# In Debian's Chromium, without its windows: the pages whole, offline, on paper, with axe and a
# validator; the notebooks in JupyterLab, with the outputs that the docs were built with.
browser: $(TEST_READY) $(NODE_READY) docs
	KLIMAFLOW_DOCS=build/docs KLIMAFLOW_NOTEBOOKS=build/jupyter_execute/notebooks $(BIN)/python -m pytest $(BROWSER)

# The exports, read, drawn, executed and mined by programs that others wrote.
standards: $(TEST_READY) $(JUDGES_READY) $(STANDARDS_READY)
	$(BIN)/python -m pytest $(STANDARDS)

# -E reads every page again: a cached page would keep its warnings to itself.
docs: $(TEST_READY) $(STANDARDS_READY)
	$(BIN)/sphinx-build -E -W --keep-going -q docs build/docs
	KLIMAFLOW_DOCS=build/docs $(BIN)/python -m pytest $(SITE)

# The release, built and installed; `PYTHONS` are versions such as 3.12, for others than this one.
package: $(TEST_READY)
	$(BIN)/python tools/package.py $(PYTHONS)

bench: $(TEST_READY) $(PEERS_READY)
	$(BIN)/python benchmarks/happy_path.py
	$(BIN)/python benchmarks/frames.py
	$(BIN)/python -m benchmarks.store

# Screens and courses beside `decide`, 100,000 rows for each command on every kind of frame.
frames: $(TEST_READY)
	KLIMAFLOW_ROWS=100000 $(BIN)/python -m pytest tests/frames/test_equality.py tests/frames/test_course_equality.py

# The seven steps in other libraries, which the tests do not need.
peers: $(PEERS_READY)
	$(BIN)/python benchmarks/peers.py

# Courses on polars, duckdb and pyspark: compared value by value, then timed. Sizes in `COURSES`.
courses: $(TEST_READY)
	$(BIN)/python benchmarks/courses.py $(COURSES)

# The answers of a release, written anew on purpose.
golden: $(TEST_READY)
	$(BIN)/python -m tools.golden

# The oracle beside the library over all that can be asked, under every other reading; takes long.
oracle: $(TEST_READY)
	$(BIN)/python -m tools.oracle
	KLIMAFLOW_PAIRS=20000 KLIMAFLOW_FUNDERS='2 3' $(BIN)/python -m pytest tests/verify/test_fold.py

# Plants every fault; a survivor that changes an answer is refused. `FAULTS` are words of their names.
faults: $(TEST_READY)
	$(BIN)/python -m tests.faults.campaign $(FAULTS)

# Writers, committees and readers at once, killed and interrupted; power cuts, faults, tampering; needs
# strace. `SIZES` such as `--runs 1000`.
reliability: $(TEST_READY)
	$(BIN)/python -m tests.reliability.run $(SIZES)

# Survivors are reported, not refused. It works on a copy, since it changes files in place.
mutation: $(MUTATION_READY)
	rm -rf $(MUTANTS) && mkdir -p $(MUTANTS)
	tar -cf - --exclude=./.git --exclude=./$(VENV) --exclude=./$(JUDGES) --exclude=./build . | tar -xf - -C $(MUTANTS)
	cd $(MUTANTS) && $(COSMIC)/cosmic-ray init tools/cosmic-ray.toml run.sqlite
	cd $(MUTANTS) && $(COSMIC)/cr-filter-operators run.sqlite tools/cosmic-ray.toml
	cd $(MUTANTS) && $(COSMIC)/cosmic-ray exec tools/cosmic-ray.toml run.sqlite
	cd $(MUTANTS) && $(COSMIC)/cr-report --surviving-only --show-diff run.sqlite
	cd $(MUTANTS) && $(COSMIC)/python tools/cosmic_ray_score.py run.sqlite

$(BIN)/uv:
	$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip $(PIP) --constraint constraints.txt uv

$(DEMO_READY): EXTRAS := cli
$(DEMO_READY): $(PINS) | $(BIN)/uv
	@echo "Setting up $(VENV) for the demo"
	@$(INSTALL)
	@touch $@

# Whoever has everything has what the demo needs.
$(TEST_READY): EXTRAS := dev
$(TEST_READY): $(PINS) | $(BIN)/uv
	@echo "Setting up $(VENV) for the tests"
	@$(INSTALL)
	@touch $(DEMO_READY) $@

$(NODE_READY): $(BROWSER)/package.json $(BROWSER)/package-lock.json
	cd $(BROWSER) && npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

$(STANDARDS_READY): $(STANDARDS)/package.json $(STANDARDS)/package-lock.json
	cd $(STANDARDS) && npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

$(JUDGES_READY): $(STANDARDS)/requirements.txt | $(BIN)/uv
	@echo "Setting up $(JUDGES) for the judges of the exports"
	@$(PYTHON) -m venv --clear $(JUDGES)
	@$(UV) $(JUDGES)/bin/python -r $< || $(JUDGES)/bin/pip $(PIP) -r $<
	@touch $@

$(MUTATION_READY): EXTRAS := mutation
$(MUTATION_READY): $(PINS) | $(BIN)/uv
	@echo "Setting up $(VENV) for mutation testing"
	@$(INSTALL)
	@touch $(DEMO_READY) $(TEST_READY) $@

$(PEERS_READY): EXTRAS := cli,peers
$(PEERS_READY): $(PINS) | $(BIN)/uv
	@echo "Setting up $(VENV) for other libraries"
	@$(INSTALL)
	@touch $(DEMO_READY) $@

clean:
	rm -rf build dist .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

distclean: clean
	rm -rf $(VENV) $(JUDGES) $(BROWSER)/node_modules $(STANDARDS)/node_modules
