# make lab     set up what is missing and open the lessons in JupyterLab
# make test    every check that a change must pass        make test-all   the long ones too
# make build   notebooks from their sources               make lint       style, types, spelling
# make check-the-checks   the tables of mistakes named and right answers accepted
# make bench   how long training, loading, lessons, widgets, checks and marking take
# make site    the course to read and search in a browser, in build/site (SITE=--without-solutions leaves the answers out)
# make bundle  a folder for a USB stick, for rooms without a network, the site included (BUNDLE='--platform windows --python 3.12')
# make release wheel and sdist in build/dist, checked, the site and the stick; nothing is uploaded
# make clean   remove what can be made again (work/ stays)

PYTHON ?= python3
# PyTorch's CPU builds: the registry's own Linux build brings gigabytes of CUDA. `make TORCH_INDEX= lab` does without.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

VENV := .venv
NODE := build/node
PY := $(VENV)/bin/python
TORCH := $(shell sed -n 's/^torch==/torch==/p' constraints.txt)
# Relative to this folder, in which every recipe runs: pip takes a path with a space in it for two.
export PIP_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Threads that wait sleep soon instead of spinning: see vae_course/cli.py.
ifeq ($(OMP_WAIT_POLICY)$(GOMP_SPINCOUNT),)
export OMP_WAIT_POLICY := PASSIVE
export GOMP_SPINCOUNT := 2000
endif

# Tests and builds start from an empty learner's home, and leave nothing behind.
FRESH_HOME = home=$$(mktemp -d) && trap 'rm -rf "$$home"' EXIT && export VAE_COURSE_HOME="$$home" &&
# One thread for each of two processes: faster on two cores than two threads for one, and the same sums every time.
ONE_THREAD = export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 &&
PYTEST = $(PY) -m pytest -q
# The skip gate lives in tests/conftest.py; notebooks are outside tests/ and name it, and the gate of their memory.
NBVAL = $(PYTEST) -p tests.skip_gate -p tests.memory_gate --nbval-current-env -n 2 --dist loadfile
# Lessons that take long, and that few classes take: unsolved they are run by `make slow`, solved by `make test`.
BEYOND := $(wildcard notebooks/08_*.ipynb notebooks/09_*.ipynb notebooks/1*.ipynb)
NO_TESTS_IS_FINE = || [ $$? -eq 5 ]

.PHONY: lab setup setup-test test test-all build lint clean drift unit bench nbval browser slow check-the-checks environments release bundle site chromium bubblewrap postgresql node

lab: setup
	@$(VENV)/bin/vae-course lab $(LAB)

setup: $(VENV)/.lab-ready

setup-test: $(VENV)/.test-ready

# torch first and alone: no other install step then has a reason to look for one. One retry, so that an index that
# cannot be reached costs seconds.
$(VENV)/.lab-ready: pyproject.toml constraints.txt vae_course/jupyter/kernel.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "The course needs Python 3.11 or newer; '$(PYTHON)' is: $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || { \
	  echo "No virtual environment could be made; on Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PY) -m pip install -q --no-deps --retries 1 --timeout 20 $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) $(TORCH)
	$(PY) -m pip install -q -e '.[lab]'
	@cp vae_course/jupyter/kernel.json $(VENV)/share/jupyter/kernels/python3/
	@touch $@

$(VENV)/.test-ready: $(VENV)/.lab-ready
	$(PY) -m pip install -q -e '.[test]'
	@touch $@

test: chromium bubblewrap lint drift unit nbval browser

test-all: test slow check-the-checks environments

unit: setup-test bubblewrap
	@$(FRESH_HOME) $(ONE_THREAD) $(PYTEST) -n 2 --dist loadfile -m "not slow" --ignore=tests/browser --ignore=tests/benchmarks tests

# Every catalogued mistake over 10 seeds, every right answer in another style over 100, every mutant: prints five tables.
check-the-checks: setup-test
	@$(FRESH_HOME) $(ONE_THREAD) $(PY) -m tests.check_the_checks

# The lowest and the newest versions that pyproject.toml allows, and Colab's.
environments: setup-test
	@$(ONE_THREAD) TORCH_INDEX="$(TORCH_INDEX)" $(PY) -m tests.environments

# What measures time is no test, and runs alone, with every core.
bench: setup-test
	@$(FRESH_HOME) $(PY) -m tests.benchmarks.training
	@$(FRESH_HOME) $(PY) -m tests.benchmarks.evaluation --all
	@$(FRESH_HOME) $(PY) -m tests.benchmarks.busy
	@$(FRESH_HOME) $(ONE_THREAD) $(PY) -m tests.benchmarks.loading --json build/benchmark_loading.json
	@$(FRESH_HOME) $(PY) -m tests.benchmarks.lessons --json build/benchmark_lessons.json
	@$(FRESH_HOME) $(PY) -m tests.benchmarks.widgets --json build/benchmark_widgets.json
	@$(FRESH_HOME) $(ONE_THREAD) $(PY) -m tests.benchmarks.checks --json build/benchmark_checks.json
	@$(FRESH_HOME) $(PY) -m tests.benchmarks.grading --json build/benchmark_grading.json

nbval: setup-test
	@$(FRESH_HOME) $(ONE_THREAD) $(NBVAL) -p tests.teach.authoring.nbval_like_build --nbval solutions $(NO_TESTS_IS_FINE)
	@$(FRESH_HOME) $(ONE_THREAD) $(NBVAL) --nbval-lax $(filter-out $(BEYOND),$(wildcard notebooks/*.ipynb)) $(NO_TESTS_IS_FINE)

browser: setup-test chromium
	@$(FRESH_HOME) $(ONE_THREAD) $(PYTEST) -n 2 -m "not slow" tests/browser

slow: setup-test chromium bubblewrap postgresql $(NODE)/.ready
	@$(FRESH_HOME) $(ONE_THREAD) $(PYTEST) -n 2 --dist worksteal -m slow tests
	@$(FRESH_HOME) $(ONE_THREAD) $(NBVAL) --nbval-lax $(BEYOND) $(NO_TESTS_IS_FINE)

build: setup-test
	@$(FRESH_HOME) $(ONE_THREAD) $(VENV)/bin/vae-course build

# A notebook that is not what its source says.
drift: setup-test
	@$(FRESH_HOME) $(VENV)/bin/vae-course build --check

lint: setup-test
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(VENV)/bin/codespell $$(git ls-files)

site: setup-test $(NODE)/.ready
	@$(VENV)/bin/vae-course site $(SITE)

bundle: site
	@$(VENV)/bin/vae-course bundle $(BUNDLE)

# In an environment of its own and without our pins: cffconvert and JupyterLab want different versions of jsonschema.
release: setup-test
	@$(PY) -m pytest -q tests/test_papers.py
	@$(MAKE) --no-print-directory bundle
	@rm -rf build/dist && $(PYTHON) -m venv build/release
	@PIP_CONSTRAINT= build/release/bin/python -m pip install -q build twine check-wheel-contents cffconvert
	@build/release/bin/cffconvert --validate
	@PIP_CONSTRAINT= build/release/bin/python -m build -o build/dist .
	@build/release/bin/twine check --strict build/dist/*
	@build/release/bin/check-wheel-contents --ignore W004 build/dist/*.whl  # solutions are no modules

chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium; \
	  else echo "The browser tests need Chromium; install it with: sudo apt-get install chromium" >&2; exit 1; fi; }

# The sandbox in which students' code is run to be marked.
bubblewrap:
	@command -v bwrap >/dev/null && /sbin/ldconfig -p | grep -q 'libseccomp\.so\.2' || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends bubblewrap libseccomp2; \
	  else echo "Grading needs bubblewrap and libseccomp; install them with: sudo apt-get install bubblewrap libseccomp2" >&2; exit 1; fi; }

postgresql:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends postgresql; \
	  else echo "The long tests need PostgreSQL; install it with: sudo apt-get install postgresql" >&2; exit 1; fi; }

# What the site copies from the npm registry, and what checks what Python has no tool for.
$(NODE)/.ready: vae_course/teach/authoring/site/package.json | node
	@mkdir -p $(NODE) && cp $< $(NODE)/
	@npm install --prefix $(NODE) --silent --no-fund --no-audit --no-package-lock
	@touch $@

node:
	@command -v npm >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends nodejs npm; \
	  else echo "The site and the long tests need npm; install it with: sudo apt-get install npm" >&2; exit 1; fi; }

clean:
	rm -rf $(VENV) build test-results *.egg-info .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
