#!/usr/bin/env bash
# Checks the project on a machine's GPU and measures it beside that machine's PyTorch; needs no network.
# Usage: scripts/gpu/run.sh [STEP...]     steps: compile check device parity memory steps peer experiment; README.md describes them
# Without arguments all run in that order; compile only where nothing is built yet. Every command has its own limit of time,
# and every step appends to $OUT (bin/gpu) as it goes, so that a machine that is taken away leaves what it did.
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
kit=$(dirname "$root")
cd "$root" || exit
: "${PYTHON:=python3}" "${DEVICE:=cuda:0}" "${DTYPES:=float32 bfloat16}" "${OUT:=$root/bin/gpu}" "${BACKBONES:=gpt2 llama t5 gptneox}"
: "${DATA:=$kit/data}" "${MODELS:=$kit/models}" "${SHAPES:=small}" "${LENGTHS:=real}" "${SCALE:=1}"
mkdir -p "$OUT"
say() { printf 'gpu: %s\n' "$*"; }

# within runs a command for so many seconds, times SCALE, and says when that was not enough.
within() {
	local limit=$(($1 * SCALE)) code=0
	shift
	timeout -k 10 "$limit" "$@" || code=$?
	[ "$code" != 124 ] || say "stopped after $limit s: $*"
	return "$code"
}

# torch: libtorch is that of the PyTorch which Python finds; the libraries that it needs lie beside it.
torch=${LIBTORCH:-$("$PYTHON" -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])')} || exit
libraries() {
	local folder
	for folder in "$torch/lib" "$torch"/../nvidia/*/lib "$root/lib"; do
		[ ! -d "$folder" ] || printf '%s:' "$folder"
	done
}

# From an archive of sources the toolchain and the modules are beside them; else they are the machine's own.
if [ -x "$kit/go/bin/go" ] && [ -d "$kit/modules" ]; then
	export PATH=$kit/go/bin:$PATH GOROOT=$kit/go GOPROXY=file://$kit/modules GOSUMDB=off GOTOOLCHAIN=local GOENV=off
	export GOMODCACHE=$kit/cache/modules GOCACHE=$kit/cache/go XDG_CACHE_HOME=$kit/cache
fi
export CLLM4REC_TEST_DEVICE=$DEVICE GOMP_SPINCOUNT=1000

# compile: the C++ takes minutes.
compile() {
	blas
	within 1500 env LIBTORCH="$torch" scripts/gpu/compile.sh "$torch"
}

# blas: setup and the linker ask for OpenBLAS, which only the baselines call. Where it is absent, an empty one will do here.
blas() {
	echo 'int main(void) { return 0; }' | ${CXX:-g++} -x c - -o /dev/null -lopenblas 2>/dev/null && return
	say "there is no OpenBLAS: an empty one stands for it, so that no baseline runs"
	mkdir -p "$root/.libtorch/blas"
	${CXX:-g++} -shared -o "$root/.libtorch/blas/libopenblas.so" -x c /dev/null
	export CGO_LDFLAGS="${CGO_LDFLAGS:-} -L$root/.libtorch/blas"
}

# check: does every binary find its libraries, does every plugin start? What doctor says of libtorch is about a setup, of
# which there was none where binaries were brought along.
check() {
	local binary lost failed=0
	for binary in bin/cllm4rec bin/plugins/*/* bin/tests/*.test; do
		lost=$(within 20 ldd "$binary" | grep 'not found') && { say "$binary: $lost"; failed=1; }
	done
	within 60 bin/cllm4rec doctor >"$OUT/doctor.txt"
	cat "$OUT/doctor.txt"
	awk '/^missing/ && $2 != "libtorch" {bad = 1} /^ok +plugin/ {good = 1} END {exit bad || !good}' "$OUT/doctor.txt" || failed=1
	return "$failed"
}

device() {
	within 60 "$PYTHON" scripts/gpu/device.py "$DEVICE" >"$OUT/device.json" || return
	if command -v nvidia-smi >/dev/null; then
		within 20 nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,power.limit,utilization.gpu --format=csv
	fi
	cat "$OUT/device.json"
}

# tests runs a package's test binary in the package's folder: tests LIMIT FOLDER ARGUMENTS.
tests() {
	local limit=$1 folder=$2
	shift 2
	(cd "$folder" && within "$limit" "$root/bin/tests/${folder//\//-}.test" "$@")
}

# parity: the suites of the backbones and of what they stand on. A test that is skipped is counted, not passed over.
parity() {
	local folder failed=0
	for folder in plugins/internal/numerics/torch plugins/internal/numerics/nn plugins/internal/lm $(printf 'plugins/backbones/%s ' $BACKBONES); do
		say "$folder"
		tests 90 "$folder" -test.v || failed=1
	done
	return "$failed"
}

# memory: a batch that no device holds is cut, and a plugin that is killed gives its memory back.
memory() {
	local failed=0 pid plugin
	rm -rf "$OUT/memory"
	within 120 bin/cllm4rec run scripts/gpu/memory.yaml --out "$OUT/memory" || failed=1
	command -v nvidia-smi >/dev/null || { say "no nvidia-smi: what a killed plugin leaves is not looked at"; return "$failed"; }
	rm -rf "$OUT/memory"
	within 60 bin/cllm4rec run scripts/gpu/memory.yaml --out "$OUT/memory" >"$OUT/killed.txt" 2>&1 &
	pid=$!
	for _ in $(seq 30); do
		sleep 1
		plugin=$(nvidia-smi --query-compute-apps=pid,used_memory --format=csv,noheader | head -n 1)
		[ -z "$plugin" ] || break
	done
	say "before kill -9: ${plugin:-nothing on the device}"
	[ -z "$plugin" ] || kill -9 "${plugin%%,*}"
	wait "$pid"
	sleep 2
	say "after: $(nvidia-smi --query-compute-apps=pid,used_memory --format=csv,noheader | tr '\n' ' ')"
	tail -n 3 "$OUT/killed.txt"
	return "$failed"
}

# steps: whole training steps of each case in a process of its own.
steps() {
	local b dtype failed=0
	for b in $BACKBONES; do
		grep -qa BenchmarkStep "bin/tests/plugins-backbones-$b.test" || { say "$b has no benchmark of steps"; continue; }
		for dtype in $DTYPES; do for shape in ${SHAPES//,/ }; do for lengths in ${LENGTHS//,/ }; do
			say "$b, $dtype, $shape, $lengths"
			CLLM4REC_TEST_DTYPE=$dtype tests 60 "plugins/backbones/$b" -test.run '^$' -test.bench "^BenchmarkStep\$/^$shape\$/^$lengths\$" \
				-test.benchtime "${BENCHTIME:-3x}" || failed=1
		done; done; done
	done
	return "$failed"
}

# peer: the same steps in this machine's PyTorch and transformers, one JSON object a line. transformers has no fused attention for t5.
peer() {
	local b dtype attention failed=0
	: >"$OUT/peer.jsonl"
	for b in $BACKBONES; do for dtype in $DTYPES; do for attention in sdpa eager; do
		[ "$b" != gptneox ] && [ "$b $attention" != "t5 sdpa" ] || continue
		say "$b, $dtype, $attention"
		within 60 "$PYTHON" plugins/internal/lm/testdata/step_bench.py --backbone "$b" --device "$DEVICE" --dtype "$dtype" --attention "$attention" \
			--shapes "$SHAPES" --lengths "$LENGTHS" --threads "$(nproc)" |
			"$PYTHON" -c 'import json, sys; print(json.dumps(json.load(sys.stdin)))' | tee -a "$OUT/peer.jsonl" || failed=1
	done; done; done
	return "$failed"
}

# experiment: the quickstart, and the paper's Beauty split where data and model are at hand.
experiment() {
	local failed=0
	within 180 bin/cllm4rec run experiments/quickstart.yaml --out "$OUT/quickstart" || failed=1
	if [ -d "$DATA/cllm4rec-beauty" ] && [ -f "$MODELS/smollm2-135m.gguf" ]; then
		within 420 bin/cllm4rec run scripts/gpu/beauty.yaml --data "$DATA" --models "$MODELS" --out "$OUT/beauty" || failed=1
	else
		say "no $DATA/cllm4rec-beauty or no $MODELS/smollm2-135m.gguf: the experiment on Beauty is left out"
	fi
	return "$failed"
}

# step runs one part with its log, and notes how it went.
step() {
	local start=$SECONDS code=0
	say "$1"
	"$1" >"$OUT/$1.txt" 2>&1 || code=$?
	tail -n "${TAIL:-15}" "$OUT/$1.txt"
	printf '{"step": "%s", "ok": %s, "seconds": %d, "passed": %d, "failed": %d, "skipped": %d}\n' "$1" "$([ $code = 0 ] && echo true || echo false)" \
		$((SECONDS - start)) "$(count PASS "$1")" "$(count FAIL "$1")" "$(count SKIP "$1")" | tee -a "$OUT/summary.jsonl"
	return $code
}

count() { grep -cE "^ *--- $1: " "$OUT/$2.txt"; }

main() {
	local failed=0 s known="compile check device parity memory steps peer experiment"
	if [ $# = 0 ]; then
		set -- $known
		[ ! -d bin/tests ] || shift
	fi
	for s in "$@"; do
		[[ " $known " == *" $s "* ]] || { say "unknown step $s: expected one of $known"; exit 2; }
	done
	printf '{"commit": "%s", "torch": "%s", "device": "%s", "started": "%s"}\n' "$(cat COMMIT 2>/dev/null || git rev-parse HEAD)" \
		"$torch" "$DEVICE" "$(date -u +%FT%TZ)" | tee -a "$OUT/summary.jsonl"
	for s in "$@"; do
		LD_LIBRARY_PATH=$(libraries)${LD_LIBRARY_PATH:-} step "$s" || failed=1
		[[ "$s $failed" != "compile 1" && "$s $failed" != "check 1" ]] || { say "nothing more can run"; break; }
	done
	say "results: $OUT"
	exit $failed
}

main "$@"
