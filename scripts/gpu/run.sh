#!/usr/bin/env bash
# Builds the project against this machine's PyTorch, checks it on the GPU and measures it beside PyTorch; needs no network.
# Usage: scripts/gpu/run.sh [build] [device] [parity] [bench] [peer]     (all of them without arguments)
# Each step writes a log and a line of summary.jsonl to $OUT (bin/gpu). README.md beside this file lists the settings.
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
kit=$(dirname "$root")
cd "$root" || exit
: "${PYTHON:=python3}" "${DEVICE:=cuda:0}" "${DTYPES:=float32 bfloat16}" "${OUT:=$root/bin/gpu}"
: "${BACKBONES:=$(printf '%s\n' plugins/backbones/*/main.go | xargs -n1 dirname | xargs -n1 basename)}"
mkdir -p "$OUT"
say() { printf 'gpu: %s\n' "$*"; }

# From an unpacked archive the toolchain and the modules are beside the sources; else they are the machine's own.
if [ -x "$kit/go/bin/go" ] && [ -d "$kit/modules" ]; then
	export PATH=$kit/go/bin:$PATH GOROOT=$kit/go GOPROXY=file://$kit/modules GOSUMDB=off GOTOOLCHAIN=local GOENV=off
	export GOMODCACHE=$kit/cache/modules GOCACHE=$kit/cache/go XDG_CACHE_HOME=$kit/cache
fi
export GOFLAGS="-buildvcs=false -modcacherw" CLLM4REC_TEST_DEVICE=$DEVICE GOMP_SPINCOUNT=1000

packages() { # those that compute on the device
	local b
	printf "./plugins/internal/%s\n" numerics/torch numerics/nn lm/...
	for b in $BACKBONES; do echo "./plugins/backbones/$b"; done
}

# blas: setup and the linker ask for OpenBLAS, which only the baselines call. Where it is absent, an empty one will do here.
blas() {
	echo 'int main(void) { return 0; }' | ${CXX:-g++} -x c - -o /dev/null -lopenblas 2>/dev/null && return
	say "there is no OpenBLAS: an empty one stands for it, so that no baseline runs"
	mkdir -p "$root/.libtorch/blas"
	${CXX:-g++} -shared -o "$root/.libtorch/blas/libopenblas.so" -x c /dev/null
	export CGO_LDFLAGS="${CGO_LDFLAGS:-} -L$root/.libtorch/blas"
}

build() {
	local found=${LIBTORCH:-} b
	[ -n "$found" ] || found=$("$PYTHON" -c 'import torch; print(torch.__path__[0])') || return
	GOWORK=off go run ./tools/libtorch -libtorch "$found" -install=false || return
	for b in $BACKBONES; do go build -o bin/plugins/backbones/ "./plugins/backbones/$b" || return; done
	go build -o bin/ ./cmd/...
}

device() {
	"$PYTHON" scripts/gpu/device.py "$DEVICE" >"$OUT/device.json" || return
	if command -v nvidia-smi >/dev/null; then
		nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,power.limit,utilization.gpu --format=csv
	fi
	cat "$OUT/device.json"
}

# parity: the suites of the backbones and of what they stand on. A test that is skipped is counted, not passed over.
parity() {
	# shellcheck disable=SC2046
	go test -count=1 -timeout 30m -v $(packages)
}

# bench: whole steps (the kernels' own benchmarks are for the CPU).
bench() {
	local dtype with
	with=$(packages | grep -v '/internal/\(torch\|nn\)$' | sed 's|/\.\.\.$||' | xargs grep -rl --include='*_test.go' '^func Benchmark' | xargs -r -n1 dirname | sort -u)
	[ -n "$with" ] || { say "there are no benchmarks"; return 1; }
	for dtype in $DTYPES; do
		say "dtype $dtype"
		# shellcheck disable=SC2086
		CLLM4REC_TEST_DTYPE=$dtype go test -run '^$' -bench "${BENCH:-.}" -benchmem -count "${BENCHCOUNT:-3}" -timeout 30m $with || return
	done
}

# peer: the same steps in this machine's PyTorch and transformers, one JSON object a line. transformers has no fused attention for t5.
peer() {
	local b dtype attention failed=0
	: >"$OUT/peer.jsonl"
	for b in $BACKBONES; do for dtype in $DTYPES; do for attention in eager sdpa; do
		[ "$b $attention" != "t5 sdpa" ] || continue
		say "$b, $dtype, $attention"
		"$PYTHON" plugins/internal/lm/testdata/step_bench.py --backbone "$b" --device "$DEVICE" --dtype "$dtype" --attention "$attention" \
			--shapes "${SHAPES:-tiny,small}" --threads "$(nproc)" | "$PYTHON" -c 'import json, sys; print(json.dumps(json.load(sys.stdin)))' >>"$OUT/peer.jsonl" || failed=1
	done; done; done
	return "$failed"
}

call() {
	case $1 in
	build) build ;;
	device) device ;;
	parity) parity ;;
	bench) bench ;;
	peer) peer ;;
	*) say "unknown step $1: expected build, device, parity, bench or peer"; return 2 ;;
	esac
}

# step runs one part with its log, and notes how it went.
step() {
	local start=$SECONDS code=0
	say "$1"
	call "$1" >"$OUT/$1.txt" 2>&1 || code=$?
	tail -n "${TAIL:-15}" "$OUT/$1.txt"
	printf '{"step": "%s", "ok": %s, "seconds": %d, "passed": %d, "failed": %d, "skipped": %d}\n' "$1" "$([ $code = 0 ] && echo true || echo false)" \
		$((SECONDS - start)) "$(count PASS "$1")" "$(count FAIL "$1")" "$(count SKIP "$1")" | tee -a "$OUT/summary.jsonl"
	return $code
}

count() { grep -cE "^ *--- $1: " "$OUT/$2.txt"; }

main() {
	local failed=0 s
	[ $# -gt 0 ] || set -- build device parity bench peer
	blas
	printf '{"commit": "%s", "go": "%s", "device": "%s", "started": "%s"}\n' "$(cat COMMIT 2>/dev/null || git rev-parse HEAD)" \
		"$(go env GOVERSION)" "$DEVICE" "$(date -u +%FT%TZ)" | tee -a "$OUT/summary.jsonl"
	for s in "$@"; do
		step "$s" || failed=1
		[ "$s $failed" != "build 1" ] || break
	done
	say "results: $OUT"
	exit $failed
}

main "$@"
