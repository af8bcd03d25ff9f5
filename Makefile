# Everything is called as `python -m` through .venv: see scripts/setup.py.
PYTHON := .venv/bin/python
PORT ?= 8000
# Tests of pipelines mostly wait, for people's pace and for dead workers to be noticed: they do it side by side, and begin early:
# ordered by their number, as is usual, files of few long tests would come last and wait for each other.
JOBS ?= 6
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo setup test test-long check audit format migrate web worker doctor bench soak evals demo-traffic picture screenshots stop clean

help: ## these lines
	@grep -E '^[a-z-]+:.*## ' Makefile | while IFS=: read -r name rest; do printf '  make %-12s %s\n' "$$name" "$${rest#*## }"; done

demo: setup ## the whole thing on this machine, nothing else needed; Ctrl-C stops it
	@exec $(PYTHON) -m sandbox.demo

demo-traffic: setup ## a day of made-up conversations in the running demo
	@exec $(PYTHON) -m sandbox.traffic $(ARGS)

setup: ## .venv with the pinned packages; the other commands do it by themselves
	@python3 scripts/setup.py

test: setup ## all tests but the long ones, with a Postgres of their own
	@$(PYTHON) scripts/browser.py
	@exec $(PYTHON) -m pytest -m "not long" -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

test-long: setup ## the tests that take minutes
	@exec $(PYTHON) -m pytest -m long $(ARGS)

check: setup ## format, lint, types, secrets beside the code, packages against their locks
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(PYTHON) scripts/secret_scan.py
	$(PYTHON) scripts/dependencies.py

audit: setup ## known holes in the pinned packages; asks the package index over the network
	@exec $(PYTHON) scripts/audit.py

format: setup ## put the code into its format
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

migrate: setup ## bring DATABASE_URL (unset: the embedded database) up to date
	@exec $(PYTHON) -m nextnest.migrate

web: setup ## the web process, on PORT
	@exec $(PYTHON) -m gunicorn --bind "0.0.0.0:$(PORT)" "web:create_app()"

worker: setup ## one worker
	@exec $(PYTHON) -m procrastinate --app=nextnest.tasks.app worker

doctor: setup ## is everything as it must be, and if not, what mends it
	@exec $(PYTHON) -m nextnest doctor $(ARGS)

bench: setup ## the performance tables
	@exec $(PYTHON) -m bench $(ARGS)

soak: setup ## a snapshot held open for minutes under load; ARGS="--minutes 30 --rate 100"
	@exec $(PYTHON) -m bench --only soak $(ARGS)

evals: setup ## simulated customers against the configured model, scored; without one, the stand-in
	@exec $(PYTHON) -m evals $(ARGS)

picture: setup ## docs/demo.png anew, by a headless Chromium
	@exec $(PYTHON) -m scripts.record_demo $(ARGS)

screenshots: setup ## docs/pictures anew: every page of the console, the form and the chat
	@exec $(PYTHON) -m scripts.screenshots $(ARGS)

stop: ## the embedded database, when it was left running
	@test ! -d .nextnest || test ! -x $(PYTHON) || $(PYTHON) -m nextnest.embedded stop

clean: ## remove .venv, caches and the embedded database with its data
	@test ! -d .nextnest || test ! -x $(PYTHON) || $(PYTHON) -m nextnest.embedded remove
	rm -rf .venv .setup.lock .nextnest .mypy_cache .ruff_cache .pytest_cache .hypothesis .audit build dist *.egg-info
