# Everything that is done to this project is a target here; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The program carries its version and commit, where git tells them. Plugins carry neither, so
# that their checksums change only when their code does.
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)
STAMP := $(if $(VERSION),-buildvcs=true -ldflags '-X main.version=$(VERSION)')

# With -trimpath a binary, and a package in the go command's cache, does not depend on the folder
# of the clone: a second clone compiles nothing again.
export GOFLAGS := $(strip $(filter-out -trimpath -buildvcs=false,$(GOFLAGS)) -buildvcs=false -trimpath)

KINDS := backbones datasets baselines
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
ERRCHECK := github.com/kisielk/errcheck@v1.30.0
DEADCODE := golang.org/x/tools/cmd/deadcode@v0.44.0
# The tool takes functions of packages with C for unreachable that their tests alone call.
PURE := ^cllm4rec/(cmd|core|tools|plugins/(backbones|datasets|baselines|internal/(baseline|formats|models|lm)))(/|$$)
BENCHSTAT := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
BENCHCOUNT ?= 5
FUZZTIME ?= 5s
SOURCES := $(wildcard cmd core plugins tools python)

.PHONY: help setup build demo test test-python test-portable chaos check fmt bench bench-baselines bench-backbones fuzz proto picture table-picture docs clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## find or install libtorch and adapt the Go binding to it [LIBTORCH=folder|auto]
	@GOWORK=off go run ./tools/libtorch

build: setup ## bin/cllm4rec, bin/plugins/<kind>/<name>, and the Python SDK in bin/python
	go build $(STAMP) -o bin/ ./cmd/...
	@$(foreach kind,$(KINDS),$(call build_kind,$(kind),$(wildcard plugins/$(kind)/*/main.go)))
	@$(foreach folder,$(MANIFESTS),rm -rf bin/$(folder); mkdir -p bin/$(folder); cp -r $(folder)* bin/$(folder);)
	@rm -rf bin/python; mkdir -p bin/python; cp -r python/pyproject.toml python/cllm4rec bin/python/

# build_kind builds every plugin of one kind: a folder with a main.go is one.
build_kind = $(if $(2),mkdir -p bin/plugins/$(1); echo "go build -o bin/plugins/$(1)/ $(dir $(2))"; \
	go build -o bin/plugins/$(1)/ $(patsubst %/main.go,./%,$(2));)

# A folder with a plugin.yaml is a plugin as it is; what it needs, `cllm4rec plugins install` fetches.
MANIFESTS := $(dir $(wildcard $(KINDS:%=plugins/%/*/plugin.yaml)))

# Tests and benchmarks multiply with the kernel of OpenBLAS that setup chose, as the program
# makes its plugins do by itself; a value of OPENBLAS_CORETYPE that the user sets stays.
KERNEL := . .libtorch/kernel.sh;

demo: build ## train and compare everything on the embedded example
	bin/cllm4rec run experiments/quickstart.yaml --jobs 2

test: build ## all tests
	$(KERNEL) CLLM4REC_BUILT=$(CURDIR)/bin/plugins go test -timeout 30m ./...

test-python: build ## install the plugins that are folders, with packages from PyPI, hold them against the contract, and kill a host over each environment
	@$(KERNEL) $(foreach folder,$(MANIFESTS),environment=$$(bin/cllm4rec plugins install $(notdir $(patsubst %/,%,$(folder)))) && bin/cllm4rec plugins check bin/$(folder) && \
		PEER_PYTHON=$$environment/bin/python go test -count=1 -v ./python -run KilledHost &&) true
	$(KERNEL) CLLM4REC_BUILT=$(CURDIR)/bin/plugins go test -count=1 -run 'HF|ZeroShot' ./python

NEURAL = $$(grep -rl '"cllm4rec/plugins/internal/neural"' --include='*.go' plugins/baselines | xargs -n1 dirname | sort -u | sed 's|^|./|')

test-portable: setup ## the models with libtorch's own operations alone, as GPUs compute them, on this CPU
	$(KERNEL) CGO_CXXFLAGS="-O2 -DGLUE_NO_KERNELS" go test -timeout 30m ./plugins/internal/numerics/torch ./plugins/internal/numerics/nn ./plugins/internal/lm ./plugins/internal/neural ./plugins/backbones/...
	$(KERNEL) CGO_CXXFLAGS="-O2 -DGLUE_NO_KERNELS" go test -timeout 30m -run Steps $(NEURAL)

ROUNDS ?= 100
SEED ?= 1
chaos: ## kill the program so many times, also between the system calls of a commit, and compare the bytes [ROUNDS=100 SEED=1 PLUGINS=bin/plugins]
	CLLM4REC_CHAOS=$(ROUNDS) CLLM4REC_CHAOS_SEED=$(SEED) CLLM4REC_CHAOS_PLUGINS=$(abspath $(PLUGINS)) go test -count=1 -v -timeout 24h ./tools/chaos

check: setup ## format, vet, staticcheck, unchecked errors, who imports whom, the protos, dead code
	@unformatted=$$(gofmt -l $(SOURCES)); if [ -n "$$unformatted" ]; then echo "not formatted (make fmt):"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...
	go run $(ERRCHECK) -ignoretests ./...
	go run ./tools/imports
	go run ./tools/protos
	@dead=$$(go run $(DEADCODE) -test -filter '$(PURE)' ./...); if [ -n "$$dead" ]; then echo "$$dead"; exit 1; fi

fmt: ## format all Go files
	gofmt -w $(SOURCES)

# benchmarks lists the packages with benchmarks whose path matches, or does not, a pattern.
BENCHED := ^plugins/(backbones|baselines|internal/neural)/
benchmarks = $$(grep -rl '^func Benchmark' --include='*_test.go' $(SOURCES) | xargs -n1 dirname | sort -u | sed 's|$$|/|' | grep $(1) | sed 's|^|./|; s|/$$||')
measure = $(KERNEL) GOMP_SPINCOUNT=1000 go test -run '^$$' -bench . -benchmem -timeout 90m -count $(BENCHCOUNT)

bench: build ## medians of all benchmarks but those of the next two targets [BENCHCOUNT=5 PEER_PYTHON=python3]
	$(measure) $(call benchmarks,-Ev '$(BENCHED)') | tee bin/bench.txt
	go run $(BENCHSTAT) bin/bench.txt

bench-baselines: build ## medians of the baselines' benchmarks, beside their peers where Python has them [BENCHCOUNT=5 PEER_PYTHON=python3]
	$(measure) $(call benchmarks,-E '^plugins/(baselines|internal/neural)/') | tee bin/bench-baselines.txt
	go run $(BENCHSTAT) bin/bench-baselines.txt

bench-backbones: setup ## training steps of every backbone beside plain PyTorch, as a table [BENCH='-shapes tiny' PEER_PYTHON=python3]
	go run ./tools/bench $(BENCH)

fuzz: setup ## every fuzz target for a moment [FUZZTIME=5s]
	@grep -rno '^func Fuzz[A-Za-z0-9_]*' --include='*_test.go' $(SOURCES) | sed -E 's|^(.*)/[^/]*:[0-9]+:func |./\1 |' | \
	while read -r package target; do \
		echo "$$package $$target"; \
		go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x "$$package"; \
	done

proto: ## regenerate core/pluginrpc/v1 (needs protoc; the result is committed)
	go generate ./core/pluginrpc/...
	go run ./tools/protos -write
	cp core/pluginrpc/v1/contract.binpb python/cllm4rec/

picture: build ## the pictures in docs/ of table, report and progress (needs chromium, tmux) [DIR=runs/quickstart]
	scripts/pictures.sh $(or $(DIR),runs/quickstart)

table-picture: build ## docs/table.png, the table as TeX sets it (needs pdflatex, pdftoppm) [DIR=runs/quickstart]
	scripts/table-picture.sh $(or $(DIR),runs/quickstart)

docs: ## write docs/experiment-files.md from the schemas, docs/commands.md from the commands
	go run ./tools/docs
	UPDATE=1 go test -count=1 ./cmd/cllm4rec -run TheReference

clean: ## remove what was built; libtorch's adaptation stays
	rm -rf bin
