# Everything a newcomer needs: `make demo` and `make test`. Needs Python 3.11 to 3.13, git and make.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
UV := .venv/bin/uv
INSTALL = UV_LINK_MODE=copy $(UV) pip install --quiet --no-deps --require-hashes --compile-bytecode
# Arguments of a command, e.g. `make up ARGS="--speed 60"`.
ARGS ?=

# Where it is set (container images often do), each of the suite's processes compiles the same files anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo up test examples contract check compile bench docs lint types policies lock environments clean

demo: environments
	@.venv/bin/python -m local.demo $(ARGS)

up: environments
	@.venv/bin/python -m local.up $(ARGS)

# Three at once where there are two processors: a fifth of the time, a test waits for a process, a disk or a clock.
test: NEEDED = .venv/.tests .venv-score/.installed .venv-worker/.installed
test: environments
	@.venv/bin/python -m pytest -n 3 --dist worksteal -q $(ARGS)

# The examples whose environments the suite has no time for: prompt flow and Agent Framework, some 150 MB and 60 MB.
examples: environments .venv/.tests
	@.venv/bin/python -m pytest -q -m examples tests/examples $(ARGS)

# Against any Slipway: make contract URL=https://... KEY=... [REQUEST=request.json] [READ_ONLY=1]. The key may be a
# function, host or master key: what it does not open is left out, and said. Without URL: a local one.
contract: environments .venv/.tests
	@SLIPWAY_CONTRACT_URL='$(URL)' SLIPWAY_CONTRACT_KEY='$(KEY)' SLIPWAY_CONTRACT_REQUEST='$(REQUEST)' \
		SLIPWAY_CONTRACT_READ_ONLY='$(READ_ONLY)' .venv/bin/python -m pytest -q -rs tests/contract $(ARGS)

check: environments .venv/.tests .venv-infra/.installed lint types policies
	@.venv-infra/bin/python -m infra.check

# Where a Bicep compiler is at hand: compile infra/ anew. ARGS="--types FOLDER" renews the type tables too.
compile: .venv-infra/.installed
	@.venv-infra/bin/python -m infra.facts $(ARGS)

lint: .venv/.tests
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

types: .venv/.tests
	@.venv/bin/mypy .

# What the app will say of its policies when it starts, before it is deployed; and of the example.
policies: environments
	@.venv/bin/python -m cli policies check
	@.venv/bin/python -m cli policies check examples/policies

bench: environments .venv/.tests .venv-bench/.installed
	@.venv/bin/python -m bench $(ARGS)

# Bring the tables in docs/ up to date with the code they describe.
docs: environments
	@.venv/bin/python -m docs.generate

# All at once: none of them waits for another.
NEEDED = .venv/.local .venv-score/.installed
environments:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; set PYTHON=/path/to/it"; exit 2; }
	@$(MAKE) --silent -j3 $(NEEDED)

.venv/.uv: local/uv.txt
	@echo "Installing into .venv (once; about half a minute) ..."
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r local/uv.txt
	@touch $@

.venv/.local: local/requirements.txt .venv/.uv
	@$(INSTALL) --python .venv/bin/python -r local/requirements.txt
	@touch $@

# What the local stack needs is among it: one installation, and each file is compiled once.
.venv/.tests: tests/requirements.txt local/requirements.txt .venv/.uv
	@$(INSTALL) --python .venv/bin/python -r tests/requirements.txt
	@touch .venv/.local $@

# One pure package, unpacked: it says that it wants Python 3.13, and what the tests use of it does not.
.venv-worker/.installed: tests/worker/requirements.txt .venv/.uv
	@$(INSTALL) --python .venv/bin/python --python-version 3.13 --target .venv-worker -r tests/worker/requirements.txt
	@touch $@

.venv-score/.installed: local/cloud/serving/requirements.txt .venv/.uv
	@$(PYTHON) -m venv --without-pip .venv-score
	@$(INSTALL) --python .venv-score/bin/python -r local/cloud/serving/requirements.txt
	@touch $@

.venv-infra/.installed: infra/requirements.txt .venv/.uv
	@$(PYTHON) -m venv --without-pip .venv-infra
	@$(INSTALL) --python .venv-infra/bin/python -r infra/requirements.txt
	@touch $@

.venv-bench/.installed: bench/requirements.txt .venv/.uv
	@$(PYTHON) -m venv --without-pip .venv-bench
	@$(INSTALL) --python .venv-bench/bin/python -r bench/requirements.txt
	@touch $@

# Regenerate every lock: newest versions that fit the *.in files, on Python 3.11 to 3.13.
lock: .venv/.uv
	@for folder in . local tests local/cloud/serving infra bench; do (cd $$folder && $(abspath $(UV)) pip compile --quiet \
		--universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
		--upgrade requirements.in -o requirements.txt) || exit 1; done
	@cd tests/worker && $(abspath $(UV)) pip compile --quiet --no-deps --python-version 3.13 --generate-hashes --no-header \
		--no-emit-index-url --no-emit-find-links --upgrade requirements.in -o requirements.txt

clean:
	@rm -rf .venv .venv-score .venv-infra .venv-bench .venv-worker .slipway .slipway-cache .mypy_cache .pytest_cache \
		.ruff_cache
