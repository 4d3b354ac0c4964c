# Two commands do everything on a machine that has Python 3.11 - 3.13 with pip and venv:
#   make demo    sets up and makes a first dataset with the embedded model
#   make test    sets up and runs every check
# `make peers` runs the tests that need heavy programs of others (ConvoKit, Label Studio's SDK,
# litellm, Presidio, TRL with torch; the training of the embedded model) in an environment of
# their own; `make ray` the tests on a Ray cluster.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_OUT ?= my-first-dataset
# With a Chromium on the PATH the viewer is tested in it too.
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
COMMA := ,
TEST_EXTRAS := test$(if $(CHROMIUM),$(COMMA)browser)

PEERS := .venv-peers

.PHONY: demo test peers ray fix bench clean

$(BIN)/dramaturg: pyproject.toml requirements.lock
	@$(PYTHON) -c "import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f'Dramaturg needs Python 3.11 to 3.13; {sys.executable} is {v[0]}.{v[1]}. Try: make PYTHON=python3.12 $(MAKECMDGOALS)')"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e .
	@touch $@

$(VENV)/.test: $(BIN)/dramaturg
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[$(TEST_EXTRAS)]'
	@touch $@

demo: $(BIN)/dramaturg
	$(BIN)/dramaturg run synthetic-persona-chat --out $(DEMO_OUT) -n 24 --rounds 2 --drafts 3 \
	  --min-turns 10 --max-turns 14 --new-facts 60 --query-steps 20 \
	  --category-vectors embedder --cluster-at 0.2
	@echo
	@$(BIN)/dramaturg show 1 --run $(DEMO_OUT)

test: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/pytest -n 2

# Without requirements.lock: the peers bring versions of their own. Each must be there: no skips.
$(PEERS)/.done: pyproject.toml
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[peers,test,train]'
	@touch $@

peers: $(PEERS)/.done
	$(PEERS)/bin/python -c "import convokit, label_studio_sdk, litellm, presidio_analyzer, trl"
	$(PEERS)/bin/python -m pytest tests/peers tests/cli/test_dataset_commands.py tests/train

ray: $(VENV)/.test
	DRAMATURG_TEST_RAY=1 $(BIN)/pytest tests/runner/test_on_ray.py

fix: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.test
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/core_offline.py

clean:
	rm -rf $(VENV) $(PEERS) .venv-people
