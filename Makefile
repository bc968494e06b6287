# Commands of the project. Every one that needs it first runs the bootstrap, which is quick when all is there.
export PATH := $(CURDIR)/.tools/bin:$(PATH)
NAME ?=
ROUNDS ?= 5
LOCAL = node deploy/local/cli.ts
JEST = NODE_OPTIONS='--experimental-vm-modules --disable-warning=ExperimentalWarning' node node_modules/jest/bin/jest.js

LINTERS = 'tsc --noEmit -p .' 'eslint . --max-warnings 0' \
  'depcruise --config .dependency-cruiser.cjs packages services deploy tests' \
  'node scripts/lint-proto.ts' 'knip' 'prettier --check .'

.DEFAULT_GOAL := help
.PHONY: help bootstrap browser up down status logs restart token unit test test-full lint gen build bench clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

bootstrap:
	@sh scripts/bootstrap.sh

browser: bootstrap
	@node deploy/local/prerequisites.ts chromium

up: bootstrap ## start servers and services, load the demo data, print where to look (PORTAL_BASE_PORT=8080)
	@$(LOCAL) up

down: bootstrap ## stop everything; data stays
	@$(LOCAL) down

status: bootstrap ## what is running, and where
	@$(LOCAL) status

logs: bootstrap ## follow the logs (NAME="content kafka" for some)
	@$(LOCAL) logs $(NAME)

restart: bootstrap ## restart the services (NAME=kafka for one process)
	@$(LOCAL) restart $(NAME)

token: bootstrap ## print the access token of a demo person (AS=root.thbinhkhanh)
	@node deploy/local/token.ts $(AS)

unit: bootstrap ## print the id of the unit behind a host (HOST=thbinhkhanh.cangio.hcm.localhost)
	@node deploy/local/unit.ts $(HOST)

test: browser ## all tests, on real servers (ARGS="content --watch" for jest)
	@$(JEST) $(ARGS)

test-full: browser ## all tests over and over, each round with other random inputs (ROUNDS=5)
	@for round in $$(seq $(ROUNDS)); do echo "round $$round of $(ROUNDS)"; $(JEST) $(ARGS) || exit 1; done

lint: bootstrap ## types, eslint, layers, unused code, formatting, proto rules
	@status=0; for linter in $(LINTERS); do \
	  echo "$$linter"; PATH="node_modules/.bin:$$PATH" $$linter || status=1; \
	done; exit $$status

gen: bootstrap ## generate the types of proto/
	@node packages/contracts/scripts/gen.ts

build: bootstrap ## build the gateway's views
	@npm run --silent --workspaces --if-present build

bench: bootstrap ## measure and print the table of docs/performance.md
	@node tests/load/bench.ts $(ARGS)

clean: bootstrap ## stop everything and wipe the data; downloads stay
	@$(LOCAL) clean
