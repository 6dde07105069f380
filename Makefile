# Every target sets up what it needs, once: .venv/.installed is newer than what it was made from.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
# OpenMP's threads wait briefly before they sleep: its default stalls training by
# a factor of ten as soon as another process wants one of the cores.
export GOMP_SPINCOUNT ?= 10000

.PHONY: help setup demo test lint docs bench figures
help: ## show this
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(VENV)/.installed ## make .venv with dmenet and its tested dependencies

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || \
		{ echo "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --constraint constraints.txt --editable '.[dev,docs,web]'
	touch $@

demo: setup ## train, evaluate and predict on embedded data; writes runs/demo
	$(RUN) -m dmenet.commands.demo

# One thread in each of several processes: more would fight for the same cores.
# What several tests share is made once where they stay together, as they do by worksteal.
test: setup ## run the tests
	OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(RUN) -m pytest -n auto --dist worksteal

lint: setup ## check format, style and types
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy

docs: setup ## build the documentation as a site, build/site/index.html
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict --quiet

# One thread: what CPU seconds of several mean depends on how they wait for each other.
bench: setup ## measure speed and memory; writes docs/performance.md
	for file in benchmarks/bench_*.py; do \
		echo "== $$file"; \
		OMP_NUM_THREADS=1 $(RUN) $$file docs/performance.md || exit 1; \
	done

gpu: setup ## measure on a CUDA card, where there is one
	$(RUN) benchmarks/gpu.py

figures: setup ## draw the figures of docs/synthesis.md
	PYTHONPATH=tests $(RUN) docs/figures/renderers.py
	$(RUN) -m dmenet.commands.synthesize source=embedded_mixture count=24 \
		camera.apertures='[gaussian,disc,polygon]' output=runs/figures/set
	$(RUN) -m dmenet.commands.contact_sheet folder=runs/figures/set count=20 \
		output=docs/figures/contact_sheet.jpg
