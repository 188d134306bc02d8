# `make demo` sets up what the demo needs, `make test` everything; both share one virtual environment.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The constraints stand in the environment because pip passes only that on to the build of the package.
INSTALL := PIP_CONSTRAINT=constraints.txt $(BIN)/pip --disable-pip-version-check install -qq

PINS := pyproject.toml constraints.txt
DEMO_READY := $(VENV)/.demo-ready
TEST_READY := $(VENV)/.test-ready
MUTATION_READY := $(VENV)/.mutation-ready

# The coverage of the edges is shown, that of all else must be complete.
EDGES := */klimaflow/cli/*,*/klimaflow/report/*,*/klimaflow/testing/*,*/klimaflow/planning/*,*/klimaflow/frames/*,*/klimaflow/plots/*,*/klimaflow/scenarios/*

MUTANTS := build/mutation
COSMIC := ../../$(BIN)

# Explorations, and the pages that show them.
PROOF := tests/verify tests/faults docs/explanation/verification.md docs/how-to/prove-a-procedure.md docs/reference/verification.md

# Everything spoilt, and everything drawn: as long as all the rest.
CORPUS := tests/corpus tests/property

# What is looked at in a browser.
BROWSER := tests/browser

.PHONY: demo test lint coverage unit corpus proof browser docs bench frames golden oracle faults mutation clean distclean

# The demo has refused steps, so `follow` ends with status 1; 2 is a file that cannot be read.
demo: $(DEMO_READY)
	@$(BIN)/klimaflow follow examples/skybrud-paa-tvaers.toml || test $$? -eq 1

test: lint coverage proof browser docs

lint: $(TEST_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

coverage: unit corpus
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --include='$(EDGES)'
	$(BIN)/coverage report --omit='$(EDGES),*/klimaflow/verify/*' --fail-under=100

unit: $(TEST_READY)
	$(BIN)/coverage run -p -m pytest $(addprefix --ignore=,$(PROOF) $(CORPUS) $(BROWSER))

corpus: $(TEST_READY)
	$(BIN)/coverage run -p -m pytest $(CORPUS)

# What asks `decide` a million times, and would take thrice as long if its lines were counted.
proof: $(TEST_READY)
	$(BIN)/python -m pytest $(PROOF)

# In Debian's Chromium: the notebooks in JupyterLab, with the outputs that the docs were built with.
browser: $(TEST_READY) docs
	KLIMAFLOW_NOTEBOOKS=build/jupyter_execute/notebooks $(BIN)/python -m pytest $(BROWSER)

# -E reads every page again: a cached page would keep its warnings to itself.
docs: $(TEST_READY)
	$(BIN)/sphinx-build -E -W --keep-going -q docs build/docs

bench: $(TEST_READY)
	$(BIN)/python benchmarks/happy_path.py
	$(BIN)/python benchmarks/frames.py

# Screens and courses beside `decide`, 100,000 rows for each command on every kind of frame.
frames: $(TEST_READY)
	KLIMAFLOW_ROWS=100000 $(BIN)/python -m pytest tests/frames/test_equality.py tests/frames/test_course_equality.py

# The answers of a release, written anew on purpose.
golden: $(TEST_READY)
	$(BIN)/python -m tools.golden

# The oracle beside the library over all that can be asked, under every other reading; takes long.
oracle: $(TEST_READY)
	$(BIN)/python -m tools.oracle

# Plants every fault; a survivor that changes an answer is refused. `FAULTS` are words of their names.
faults: $(TEST_READY)
	$(BIN)/python -m tests.faults.campaign $(FAULTS)

# Survivors are reported, not refused. It works on a copy, since it changes files in place.
mutation: $(MUTATION_READY)
	rm -rf $(MUTANTS) && mkdir -p $(MUTANTS)
	tar -cf - --exclude=./.git --exclude=./$(VENV) --exclude=./build . | tar -xf - -C $(MUTANTS)
	cd $(MUTANTS) && $(COSMIC)/cosmic-ray init tools/cosmic-ray.toml run.sqlite
	cd $(MUTANTS) && $(COSMIC)/cr-filter-operators run.sqlite tools/cosmic-ray.toml
	cd $(MUTANTS) && $(COSMIC)/cosmic-ray exec tools/cosmic-ray.toml run.sqlite
	cd $(MUTANTS) && $(COSMIC)/cr-report --surviving-only --show-diff run.sqlite
	cd $(MUTANTS) && $(COSMIC)/python tools/cosmic_ray_score.py run.sqlite

$(BIN)/pip:
	$(PYTHON) -m venv --clear $(VENV)

$(DEMO_READY): $(PINS) | $(BIN)/pip
	@echo "Setting up $(VENV) for the demo"
	@$(INSTALL) -e '.[cli]'
	@touch $@

# Whoever has everything has what the demo needs.
$(TEST_READY): $(PINS) | $(BIN)/pip
	@echo "Setting up $(VENV) for the tests"
	@$(INSTALL) -e '.[dev]'
	@touch $(DEMO_READY) $@

$(MUTATION_READY): $(PINS) | $(BIN)/pip
	@echo "Setting up $(VENV) for mutation testing"
	@$(INSTALL) -e '.[mutation]'
	@touch $(DEMO_READY) $(TEST_READY) $@

clean:
	rm -rf build dist .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

distclean: clean
	rm -rf $(VENV)
