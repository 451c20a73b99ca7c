# HemaView: `make demo` to try it, `make test` and `make check` to prove it.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
BIN := .venv/bin
# Two workers share two cores: a test that takes both holds the other up.
TWO_AT_A_TIME := HEMAVIEW_THREADS=1 OMP_NUM_THREADS=1
FRONTEND := $(shell find frontend -type f) package.json vite.config.ts tsconfig.json

.DEFAULT_GOAL := help
.PHONY: help demo dev test prove check api catalogue format lock clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

demo: .venv/.runtime static/dist/.vite/manifest.json ## try HemaView: embedded database and queue, http://127.0.0.1:$(PORT), Ctrl-C ends it
	@exec $(BIN)/python manage.py demo --port $(PORT)

dev: .venv/.development node_modules/.ready ## the demo for developers: server and front end follow each change (reload the page)
	@npx vite build --watch --logLevel warn & trap "kill $$!" EXIT; $(BIN)/python manage.py demo --port $(PORT) --reload

test: .venv/.development static/dist/.vite/manifest.json ## every test that a commit must pass, below 10 minutes on two cores
	$(TWO_AT_A_TIME) $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 20 tests

prove: .venv/.development static/dist/.vite/manifest.json ## what `make test` has no time for: every race (up to 200 times, for half an hour a database), every instruction set, fifty requests an operation
	$(TWO_AT_A_TIME) $(BIN)/python -m pytest -n 2 --dist worksteal -m prove --durations 20 tests

check: .venv/.development static/dist/.vite/manifest.json ## linters, types, import rules, migrations, API description, front-end tests
	$(BIN)/ruff check hemaview apps bench tests clients manage.py
	$(BIN)/ruff format --check hemaview apps bench tests clients manage.py
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run --settings hemaview.config.settings.test
	@mkdir -p var
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file var/openapi.yaml --settings hemaview.config.settings.test
	@cmp var/openapi.yaml clients/openapi.yaml || { echo "The API has changed: run make api"; exit 1; }
	npx openapi-typescript clients/openapi.yaml --output frontend/shared/api.gen.ts --check
	npm run --silent lint
	npm run --silent types
	npm run --silent test

api: .venv/.development node_modules/.ready ## write the API's description, and the types of both clients, from the serializers
	$(BIN)/python manage.py spectacular --settings hemaview.config.settings.test --file clients/openapi.yaml
	npm run --silent api
	$(BIN)/python clients/python/make_types.py

catalogue: .venv/.development node_modules/.ready ## write the catalogues of phrases (locale/en) from the sources; needs gettext
	npm run --silent catalogue
	$(BIN)/python manage.py catalogue --settings hemaview.config.settings.test --verbosity 0

format: .venv/.development node_modules/.ready ## put every file into shape
	$(BIN)/ruff check --fix hemaview apps bench tests clients manage.py
	$(BIN)/ruff format hemaview apps bench tests clients manage.py
	npx biome check --write frontend

lock: ## exact versions of the whole tree, from requirements*.in
	rm -rf var/lock && $(PYTHON) -m venv var/lock
	var/lock/bin/pip install -q -r requirements.in && var/lock/bin/pip freeze | sed 's/+cpu//' > requirements.txt
	var/lock/bin/pip install -q -r requirements-dev.in && var/lock/bin/pip freeze | sed 's/+cpu//' > var/lock/all.txt
	(echo '-r requirements.txt'; sort var/lock/all.txt | comm -13 requirements.txt -) > requirements-dev.txt

clean: ## remove what was installed and built; var/ stays
	rm -rf .venv node_modules static/dist

.venv/.runtime: requirements.txt requirements-mmdet.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed: apt-get install python3.11 python3.11-venv"; exit 1; }
	@echo "· making .venv and installing what HemaView runs on (a minute or two)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -r requirements-mmdet.txt
	@touch $@

.venv/.development: .venv/.runtime requirements-dev.txt
	@echo "· installing what tests and checks need"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@

node_modules/.ready: package.json package-lock.json
	@command -v npm >/dev/null || { echo "Node 20 with npm is needed: apt-get install nodejs npm"; exit 1; }
	@echo "· installing the front end's packages"
	@# not `npm ci`: it refuses a lock without the binaries of systems that a mirror does not carry
	@npm install --no-save --silent --no-audit --no-fund
	@touch $@

static/dist/.vite/manifest.json: node_modules/.ready $(FRONTEND)
	@echo "· building the front end"
	@npx vite build --logLevel warn
	@touch $@
