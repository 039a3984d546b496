# Everything a person does with this checkout. `make help` lists it.
# JOBS: how many test processes run at once. PYTHON: which interpreter .venv is made from.

JOBS ?= 2
PYTHON ?=
VENV := .venv
READY := $(VENV)/.ready
RUN := PATH="$$PWD/$(VENV)/bin:$$PATH" $(VENV)/bin/python
# pip writes launchers that can't run where the path has a space; this writes them anew.
MEND := $(RUN) -c 'from labkit.accounts import launchers; launchers.main()'
# JupyterLab refuses to run as root unless it is told that this is meant (containers).
ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

.DEFAULT_GOAL := help
.PHONY: help lab hub setup test lint types site notebooks minutes costs real ledger solutions trainer upgrade bench clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

lab: $(READY)  ## Set up, then open the first notebook in JupyterLab
	@$(MEND) || true  # in another user's folder: doctor tells what doesn't run
	@$(RUN) -m nbformat.sign notebooks/*.ipynb notebooks/projects/*.ipynb >/dev/null 2>&1 || true  # else pictures are text until cells are run
	@$(RUN) -m jupyterlab --ServerApp.ip=127.0.0.1 --ServerApp.root_dir=. $(ROOT) $(LAB_OPTIONS) notebooks/00-start-here.ipynb

hub: $(READY)  ## Run a class on JupyterHub, for this machine alone (needs node and npm)
	@sh tools/make-hub-proxy >/dev/null
	@$(RUN) -m jupyterhub -f workshop/jupyterhub_config.py

setup: $(READY)  ## Make .venv with the labkit command in it
	@$(MEND)

test: $(READY) lint types  ## Run everything: lint, types, unit tests, notebooks, browser
	@$(RUN) -m pytest -n $(JOBS)

lint: $(READY)  ## Check the style of code and notebooks
	@$(RUN) -m ruff check .

types: $(READY)  ## Check the types
	@$(RUN) -m mypy

notebooks: $(READY)  ## Run the notebooks again and save their outputs in place
	@$(RUN) tools/execute_notebooks.py $(NOTEBOOKS)

minutes: $(READY)  ## Reckon the minutes of each lab, and write them where they stand
	@$(RUN) tools/write_minutes.py

costs: $(READY)  ## Count what each lab makes, and write what it would cost on a real account
	@$(RUN) tools/write_costs.py

real: $(READY)  ## Write what each lab does in a real account
	@$(RUN) tools/write_real_cells.py

ledger: $(READY)  ## Write the ledger's pages from its tables
	@$(RUN) tools/write_ledger.py

site: $(READY)  ## Build the pages into build/site, from what is committed
	@$(RUN) site/build.py

solutions: $(READY)  ## Make the labs with their exercises solved, for a trainer, in build/solutions/
	@$(RUN) -m tools.make_solutions $(LABS)

trainer: $(READY)  ## Write the trainer's pages from the labs
	@$(RUN) -m tools.write_trainer_pack

upgrade: $(READY)  ## Move every package to its newest version, and write constraints.txt
	@$(RUN) -m pip install --quiet --upgrade --upgrade-strategy eager -e '.[notebooks,test]'
	@$(MEND)
	@$(RUN) tools/write_constraints.py

bench: $(READY)  ## Measure calls per second, beside the floor; log records per second, beside other readers
	@missed=0; for each in bench starts deciding envelope trail audit widgets first_paint; do $(RUN) tests/bench/$$each.py || missed=1; done; exit $$missed

clean:  ## Remove .venv and everything made by tools
	rm -rf $(VENV) labkit.egg-info build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis data/made
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A folder that was moved or copied is set up again: .ready says where it stood.
ifneq ($(shell [ ! -s $(READY) ] || [ "$$(cat $(READY))" = "$$(pwd -P)" ] || echo moved),)
.PHONY: $(READY)
endif
$(READY): pyproject.toml constraints.txt tools/make-venv tools/jupyterlab-overrides.json tools/jupyter-server-labkit.json
	@PYTHON="$(PYTHON)" sh tools/make-venv
