# make run = everything, with a believable floor; make test = the whole suite. Both set themselves up.
PYTHON := $(firstword $(foreach p,python3.11 python3.12 python3.13 python3,$(shell command -v $(p) 2>/dev/null)))
BIN := .venv/bin
TEST_DATABASE_URL ?= postgresql://postgres@127.0.0.1:5432/postgres
TEST_REDIS_URL ?= redis://127.0.0.1:6379/0
TEST_CELERY_BROKER_URL ?= amqp://guest:guest@127.0.0.1:5672//
export DJANGO_SETTINGS_MODULE := supervision.settings

.PHONY: run test lint bench test-services lock clean help
help:
	@echo "make run            everything on embedded servers, with the demo floor (DEMO=0: an empty portal)"
	@echo "make test           the whole suite on embedded servers"
	@echo "make test-services  the same suite on a PostgreSQL, Redis and RabbitMQ given by TEST_*_URL"
	@echo "make lint           style, types, layers, migrations, templates"
	@echo "make bench          the figures, against a limit measured in the same run"

# The environment is made from the lock files and made again when they change.
.venv/uv:
	@echo "making the environment"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==0.13.9"
	@touch $@
.venv/run: .venv/uv requirements.lock
	@echo "installing the locked packages"
	@$(BIN)/uv pip install --quiet --require-hashes --python $(BIN)/python -r requirements.lock
	@touch $@
.venv/dev: .venv/run requirements-dev.lock
	@echo "installing the locked tools"
	@$(BIN)/uv pip install --quiet --require-hashes --python $(BIN)/python -r requirements-dev.lock
	@touch $@

run: .venv/run
	@exec $(BIN)/python -m supervision.runtime run

# The browser's tests run by themselves: their event loop and the sockets' tests do not share a process.
BROWSER := $(wildcard tests/*/test_in_the_browser.py tests/*/test_page.py) tests/journeys
define SUITE
$(BIN)/python -m supervision.runtime with-servers -- $(BIN)/python -m pytest $(foreach p,$(BROWSER),--ignore=$(p)) $(ARGS) && \
  $(BIN)/python -m supervision.runtime with-servers -- $(BIN)/python -m pytest $(BROWSER) $(ARGS)
endef
test: .venv/dev
	@$(SUITE)

test-services: .venv/dev
	@export DATABASE_URL=$(TEST_DATABASE_URL) REDIS_URL=$(TEST_REDIS_URL) CELERY_BROKER_URL=$(TEST_CELERY_BROKER_URL); $(SUITE)

lint: .venv/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/python -m supervision.runtime with-servers -- $(BIN)/mypy
	@$(BIN)/python -m supervision.runtime with-servers -- $(BIN)/python manage.py makemigrations --check --dry-run

bench: .venv/dev
	@$(BIN)/python -m supervision.runtime with-servers -- $(BIN)/python -m tests.bench

lock: .venv/dev
	@for name in requirements requirements-dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url -o $$name.lock $$name.in; done

clean:
	@rm -rf .venv var staticfiles .pytest_cache .mypy_cache .ruff_cache
