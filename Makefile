# Everything there is to do here; `make help` lists it. Targets that need the environment set it up first, so any of
# them can be the first command in a clone. CI, pre-commit and people call the same ones.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Candidates, in order; the first that is a 3.11 is taken. `make setup PYTHON=/path/to/python3.11` names another.
PYTHON ?= python3.11 python3 python /usr/bin/python3.11 /usr/local/bin/python3.11 /opt/homebrew/bin/python3.11
BIN := .venv/bin
# More arguments for the tool a target calls: make test ARGS="tests/unit -k calendars"
ARGS ?=

# Images bear names as registries take them, in lower case, and a release's tag without its v, as the chart has it.
IMAGE_PREFIX = $(shell printf '%s' '$(PREFIX)' | tr '[:upper:]' '[:lower:]')
IMAGE_TAG = $(shell printf '%s' '$(TAG)' | sed -E 's/^v([0-9]+\.[0-9]+\.[0-9]+)/\1/')

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":[^#]*## "} /^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Build or update .venv from requirements.lock; nothing to do when it is up to date
	@for python in $(PYTHON); do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then \
	    exec "$$python" bootstrap.py; \
	  fi; \
	done; \
	echo "Foliohub needs Python 3.11; none of these is one: $(PYTHON)." >&2; \
	echo "Install it (Debian: apt install python3.11 python3.11-venv) or name it: make setup PYTHON=/path/to/python3.11" >&2; \
	exit 1

.PHONY: run
run: setup ## Run the nightly cycle on the sample prices, show what came of it, and start the platform (ARGS="--port 8100")
	$(BIN)/foliohub cycle --include weekly
	$(BIN)/foliohub summary
	$(BIN)/foliohub up --detach $(ARGS)

.PHONY: stop
stop: setup ## End the platform that `make run` started
	$(BIN)/foliohub down

.PHONY: test
test: setup ## Run all tests
	$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder $(ARGS)

.PHONY: prometheus
prometheus: ## Install Prometheus, without which the tests of alerts are skipped (Debian, Ubuntu)
	@command -v promtool >/dev/null || { SUDO=$$(test "$$(id -u)" = 0 || echo sudo); \
	  $$SUDO apt-get update && $$SUDO apt-get install --yes --no-install-recommends prometheus; }

.PHONY: fuzz
fuzz: setup ## Ask the API for what makes no sense, at length; `make test` does so briefly
	FUZZ_EXAMPLES=200 $(BIN)/python -m pytest -n0 --timeout=3000 tests/hub/api/test_fuzz.py $(ARGS)

.PHONY: check
check: style lint types contracts test ## Everything a change must pass: style, lint, types, contracts, tests

.PHONY: style
style: setup ## Check the format (ruff)
	$(BIN)/ruff format --check

.PHONY: format
format: setup ## Format the code and repair what ruff can
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

.PHONY: lint
lint: setup ## Lint, docstrings included (ruff)
	$(BIN)/ruff check

.PHONY: types
types: setup ## Check the types (mypy, strict)
	$(BIN)/mypy

.PHONY: contracts
contracts: setup ## Check which layer imports which (import-linter)
	$(BIN)/lint-imports --no-logo

.PHONY: notebooks
notebooks: setup ## Run every notebook with its default parameters, and every dashboard (nbval)
	@home=$$(mktemp -d) && trap 'rm -rf "$$home"' EXIT && export FOLIOHUB_HOME="$$home" && \
	$(BIN)/foliohub cycle --include weekly && $(BIN)/python -m pytest --nbval-lax notebooks reports $(ARGS)

.PHONY: bench
bench: setup ## Measure speed against the peers and print the table
	$(BIN)/python -m benchmarks $(ARGS)

# Where the hub's own chart comes from: its repository, a folder that holds it, or `off` to leave it out.
JUPYTERHUB_CHART ?=
CHART ?= build/chart/foliohub

.PHONY: chart
chart: ## Assemble the Helm chart in build/chart/foliohub (PREFIX=registry/owner/foliohub; JUPYTERHUB_CHART=off: ours alone)
	@rm -rf "$(CHART)" && mkdir -p "$(dir $(CHART))" && cp -RL hub/chart "$(CHART)"
	@case "$(JUPYTERHUB_CHART)" in \
	  "") helm dependency update "$(CHART)" ;; \
	  off) sed '/^dependencies:/,$$d' hub/chart/Chart.yaml > "$(CHART)/Chart.yaml" ;; \
	  *) mkdir -p "$(CHART)/charts" && cp -RL "$(JUPYTERHUB_CHART)" "$(CHART)/charts/jupyterhub" ;; \
	esac
	@test -z "$(IMAGE_PREFIX)" || \
	  sed -E 's#: foliohub/([a-z0-9-]+)( |:|$$)#: $(IMAGE_PREFIX)/\1\2#' hub/chart/values.yaml > "$(CHART)/values.yaml"
	@echo "$(CHART)"

.PHONY: grafana
grafana: setup ## Write Grafana's pages anew
	$(BIN)/python -m hub.monitoring.grafana

.PHONY: chart-lint
chart-lint: chart ## Lint the chart with the values of every environment
	@for values in hub/values/*.yaml; do \
	  echo "$$values" && helm lint --strict --quiet --values "$$values" "$(CHART)" || exit 1; \
	done

.PHONY: crds
crds: setup ## Copy the resource definitions of Dask's operator from the installed dask-kubernetes into the chart
	cp $(BIN)/../lib/python3.11/site-packages/dask_kubernetes/operator/deployment/helm/*/crds/*.yaml hub/chart/crds/

.PHONY: lock
lock: setup ## Make requirements.lock from pyproject.toml, and the images' locks from it; ARGS=--upgrade takes newer versions
	env -u UV_FIND_LINKS $(BIN)/uv pip compile --quiet pyproject.toml --all-extras --output-file requirements.lock $(ARGS)
	$(MAKE) --no-print-directory image-locks

.PHONY: image-locks
image-locks: setup ## Make the images' locks from requirements.lock
	$(BIN)/python -m images.locks

.PHONY: images
images: ## Build the images from the last commit (IMAGES=hub TAG=… PREFIX=registry/owner/foliohub BASE=… PUSH=1 LOAD="kind load …")
	@python3 -m images $(IMAGES) $(if $(IMAGE_TAG),--tag $(IMAGE_TAG)) $(if $(IMAGE_PREFIX),--prefix $(IMAGE_PREFIX)) \
	  $(if $(BASE),--base $(BASE)) $(if $(PUSH),--push) $(if $(LOAD),--load "$(LOAD)") $(ARGS)

.PHONY: image-name
image-name: ## Say what an image is called; on GitHub, later steps have it as env.IMAGE (IMAGES=hub PREFIX=… TAG=…)
	@echo "IMAGE=$(or $(IMAGE_PREFIX),foliohub)/$(IMAGES):$(IMAGE_TAG)" | tee -a $(GITHUB_ENV)

.PHONY: sbom
sbom: setup ## Write what the images hold of Python packages to build/sbom, as CycloneDX
	$(BIN)/python -m images.sbom build/sbom

# A tag of its own for every commit: nodes keep images they have seen, and would run yesterday's.
CLUSTER_TEST_TAG ?= $(or $(IMAGE_TAG),$(shell git rev-parse --short=12 HEAD 2>/dev/null))

.PHONY: cluster-reachable
cluster-reachable: ## Refuse to go on without a cluster that KUBECONFIG names, and the programs that ask it
	@for program in helm kubectl; do \
	  command -v $$program >/dev/null || { echo "There is no $$program on PATH; install it." >&2; exit 1; }; \
	done
	@test -f "$$KUBECONFIG" || { echo "KUBECONFIG names no file: '$$KUBECONFIG'." >&2; \
	  echo "Name the one of your cluster: export KUBECONFIG=~/.kube/config (kind create cluster makes both)." >&2; exit 1; }
	@kubectl get --raw /readyz --request-timeout=20s >/dev/null || { echo "No cluster answers by $$KUBECONFIG." >&2; \
	  echo "Start it, or let KUBECONFIG name another's file." >&2; exit 1; }

METRICS_SERVER ?= v0.8.1

.PHONY: metrics-server
metrics-server: cluster-reachable ## Let the cluster of KUBECONFIG measure its pods, which kind's does not by itself
	kubectl apply --filename https://github.com/kubernetes-sigs/metrics-server/releases/download/$(METRICS_SERVER)/components.yaml
	kubectl patch deployment metrics-server --namespace kube-system --type json --patch \
	  '[{"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--kubelet-insecure-tls"}]'
	kubectl rollout status deployment/metrics-server --namespace kube-system --timeout 180s
	kubectl wait apiservice/v1beta1.metrics.k8s.io --for condition=Available --timeout 120s

.PHONY: cluster-test
cluster-test: cluster-reachable setup ## Build the images, bring them into the cluster of KUBECONFIG and try everything there (LOAD="kind load …")
	@$(MAKE) --no-print-directory images IMAGES="hub proxy research s3" TAG="$(CLUSTER_TEST_TAG)"
	FOLIOHUB_IMAGES_TAG="$(CLUSTER_TEST_TAG)" $(BIN)/python -m pytest -n0 tests/images tests/hub/chart $(ARGS)
	CLUSTER_TEST_TAG="$(CLUSTER_TEST_TAG)" $(BIN)/python -m pytest -n0 --timeout=900 tests/cluster $(ARGS)

.PHONY: sign
sign: setup ## Sign the images that were pushed, and what they hold, with cosign (PREFIX=registry/owner/foliohub TAG=…)
	$(BIN)/python -m images.signing "$(IMAGE_PREFIX)" "$(IMAGE_TAG)" $(IMAGES)

.PHONY: chart-package
chart-package: chart ## Make the chart a package in build/packages (PREFIX=… as the images were pushed)
	helm package "$(CHART)" --destination build/packages

.PHONY: release-notes
release-notes: setup ## Write what a release says to build/release-notes.md (TAG=v1.2.0); refuses a version that is not everywhere
	mkdir -p build && $(BIN)/python -m hub.delivery.release "$(TAG)" > build/release-notes.md

.PHONY: release
release: release-notes chart-package sbom ## Publish a release on GitHub: notes, chart, bills of materials (TAG=v1.2.0 PREFIX=…)
	gh release create "$(TAG)" --verify-tag --notes-file build/release-notes.md build/packages/*.tgz build/sbom/*.json

.PHONY: deploy
deploy: setup chart ## Bring images to an installation, and back if they do not work there (ENVIRONMENT=staging TAG=… PREFIX=…)
	$(BIN)/python -m hub.delivery.deploy "$(ENVIRONMENT)" "$(IMAGE_TAG)" --chart "$(CHART)" \
	  $(if $(IMAGE_PREFIX),--prefix $(IMAGE_PREFIX)) $(ARGS)

.PHONY: clean
clean: ## Remove the environment and all caches; stored data (.foliohub) stay
	rm -rf .venv .setup build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
