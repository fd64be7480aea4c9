# Two commands set themselves up: `make run` (everything, with a believable floor) and `make test` (the whole suite).
# After the first installation nothing here needs a network.

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name) 2>/dev/null)))
BIN := .venv/bin
PY := $(BIN)/python
UV_VERSION := 0.13.9

# The environment follows the lock files' contents, not their times: a checkout that changes nothing installs nothing.
checksum = $(firstword $(shell cat $(1) | cksum))
RUN_STAMP := .venv/.run-$(call checksum,requirements.lock)
DEV_STAMP := .venv/.dev-$(call checksum,requirements-dev.lock)
# The extra `nlp`, a second reader of messages: tried once for each lock, and everything goes on without it. NLP=0 leaves it out.
NLP_STAMP := .venv/.nlp-$(call checksum,requirements-nlp.lock)
# Without a network a try must end soon.
NLP_INSTALL = UV_HTTP_TIMEOUT=15 UV_HTTP_RETRIES=1 $(BIN)/uv pip install --quiet --no-deps --require-hashes --python $(PY) -r requirements-nlp.lock

.DEFAULT_GOAL := help
.PHONY: help nlp run test test-services lint format bench evaluate lock clean

help: ## these lines
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-22s%s\n", $$1, $$2 }'

run: $(RUN_STAMP) nlp ## everything on embedded servers, with the demo floor; DEMO=0: an empty portal; PORT=8400: elsewhere
	@exec $(PY) -m supervision.runtime run

test: $(DEV_STAMP) nlp ## the whole suite on embedded servers; ARGS="tests/live -x": a part of it
	@$(if $(ARGS),$(PY) -m supervision.runtime with-servers -- $(PY) -m pytest $(ARGS),$(PY) -m tests.whole)

test-services: $(DEV_STAMP) ## the same suite on a PostgreSQL, Redis and RabbitMQ of yours (TEST_DATABASE_URL, ...)
	@$(PY) -m supervision.runtime with-services -- $(PY) -m pytest $(ARGS)

lint: $(DEV_STAMP) ## style, types, layers, templates, migrations
	@echo "  ruff" && $(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .
	@echo "  layers" && $(BIN)/lint-imports > .import_linter.log || { cat .import_linter.log; exit 1; }
	@echo "  templates" && $(BIN)/djlint templates --lint --quiet
	@echo "  types" && $(PY) -m supervision.runtime without-servers -- $(BIN)/mypy --no-error-summary
	@echo "  migrations" && $(PY) -m supervision.runtime with-servers -- $(PY) manage.py makemigrations --check --dry-run -v1

format: $(DEV_STAMP) ## put imports and layout in order
	@$(BIN)/ruff check --quiet --fix-only . && $(BIN)/ruff format .

bench: $(DEV_STAMP) ## the figures, each against a limit measured in the same run; ARGS=name: one of them
	@$(PY) -m tests.bench $(ARGS)

evaluate: $(DEV_STAMP) nlp ## how well messages are read, on labelled texts beside the checkout; DATA=FOLDER: elsewhere
	@$(PY) -m supervision.runtime without-servers -- $(PY) manage.py evaluate $(or $(DATA),../shared/data) $(ARGS)

lock: $(DEV_STAMP) ## resolve requirements*.in again; no registry's address is written down
	@for name in requirements requirements-dev requirements-nlp; do \
	  case $$name in *-nlp) more="--no-deps -c requirements-dev.lock";; *) more=;; esac; \
	  echo "  $$name.lock" && $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $$more \
	    --no-header --no-annotate --no-emit-index-url -o $$name.lock $$name.in || exit 1; done

clean: ## remove the environment, the embedded servers with all their data, and caches
	@if [ -x $(PY) ]; then $(PY) -m supervision.runtime remove-data; fi
	@rm -rf .venv var .mypy_cache .ruff_cache .import_linter_cache .import_linter.log .hypothesis

# A broken environment (an interpreter that is gone) is made anew.
.venv/.uv-$(UV_VERSION):
	@test -n "$(PYTHON)" || { echo "No Python was found. Expected python3.11 or newer, with its venv module."; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"Python {v[0]}.{v[1]} is too old. Expected 3.11 or newer.")'
	@echo "  making the environment in .venv"
	@$(PY) -c '' 2>/dev/null || rm -rf .venv
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@$(PY) -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@touch $@

$(RUN_STAMP): | .venv/.uv-$(UV_VERSION)
	@echo "  installing the locked packages (a minute on a first run)"
	@$(BIN)/uv pip install --quiet --require-hashes --python $(PY) -r requirements.lock
	@rm -f .venv/.run-* && touch $@

nlp: | .venv/.uv-$(UV_VERSION)
	@test "$(NLP)" = 0 || test -e $(NLP_STAMP) || { echo "  installing the second reader of messages (150 MB, optional)"; \
	  $(NLP_INSTALL) 2>.venv/nlp.log && rm -f .venv/.nlp-* && touch $(NLP_STAMP); } \
	  || echo "  it could not be installed (.venv/nlp.log says why): the first reader reads alone"

$(DEV_STAMP): | .venv/.uv-$(UV_VERSION)
	@echo "  installing the locked packages and tools (a minute on a first run)"
	@$(BIN)/uv pip sync --quiet --require-hashes --python $(PY) requirements-dev.lock
	@rm -f .venv/.run-* .venv/.dev-* .venv/.nlp-* && touch $@ $(RUN_STAMP)
