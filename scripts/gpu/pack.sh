#!/usr/bin/env bash
# Packs the project at a commit, what it needs of its modules, and the Go toolchain into one archive, for a machine
# with a GPU and without a network. Usage: scripts/gpu/pack.sh [ARCHIVE [COMMIT]]   (bin/cllm4rec-gpu.tar.xz, HEAD)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(git -C "$here" rev-parse --show-toplevel)
archive=$(realpath -m "${1:-$root/bin/cllm4rec-gpu.tar.xz}")
commit=$(git -C "$root" rev-parse --verify "${2:-HEAD}^{commit}")
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
kit=$stage/cllm4rec-gpu
mkdir -p "$kit/cllm4rec" "$kit/go" "$(dirname "$archive")"
say() { printf 'pack: %s\n' "$*"; }

# The sources are the commit's.
git -C "$root" archive "$commit" | tar -x -C "$kit/cllm4rec"
echo "$commit" >"$kit/cllm4rec/COMMIT"
cd "$kit/cllm4rec"

# The modules become a folder that the go command takes for a proxy. `go mod vendor` would not do: `make setup` asks for
# gotch as a module, and a workspace has no use for the vendor folder of a module. Whole, they have 64 MB.
cached=$(go env GOMODCACHE)/cache/download proxy=$(go env GOPROXY)
export GOWORK=off GOFLAGS=-modcacherw GOMODCACHE=$stage/modules GOSUMDB=off GOTOOLCHAIN=local

# quietly runs a command and prints what it says only when it fails.
quietly() { "$@" 2>"$stage/log" || { grep -v '^go: downloading' "$stage/log" >&2; exit 1; }; }

# load has the go command load all packages from a proxy, as it will there: the project alone, and in the workspace that
# `make setup` makes, which asks for the go.mod of more modules.
load() {
	local gotch=github.com/sugarme/gotch
	quietly env GOPROXY="$1" GOFLAGS="$GOFLAGS $2" go list -deps -test -json=Module,Dir,EmbedFiles ./... >"$stage/packages.json"
	printf 'go %s\nuse .\nreplace %s => %s\n' "$(go list -m -f '{{.GoVersion}}')" $gotch "$(go list -m -f '{{.Dir}}' $gotch)" >go.work
	quietly env GOPROXY="$1" GOWORK="$PWD/go.work" go list -deps -test ./... >"$stage/list"
	rm -f go.work go.work.sum
}

say "collecting modules"
load "file://$cached,$proxy" ""
mv "$GOMODCACHE/cache/download" "$kit/modules"
rm -rf "$GOMODCACHE" "$kit/modules/sumdb"
find "$kit/modules" -name '*.lock' -delete
python3 "$here/prune.py" "$kit/modules" "$stage/packages.json"
sed -i '/\/go\.mod h1:/!d' go.sum
load "file://$kit/modules" -mod=mod
git -C "$root" show "$commit:go.mod" >go.mod # the go command may have tidied it

say "copying the toolchain, $(go env GOVERSION)"
tar -C "$(go env GOROOT)" -c --exclude=testdata --exclude='*_test.go' --exclude=./src/cmd \
	--exclude=./pkg/tool/*/{cover,fix,preprofile} ./VERSION ./go.env ./LICENSE ./bin/go ./lib/time ./pkg/tool ./pkg/include ./src |
	tar -x -C "$kit/go"

say "packing"
tar -C "$stage" --sort=name --owner=0 --group=0 --numeric-owner --mtime="$(git -C "$root" show -s --format=%cI "$commit")" \
	-c cllm4rec-gpu | xz -T0 "-${LEVEL:-6}" >"$archive.part"
mv "$archive.part" "$archive"
say "$archive: $(du -h "$archive" | cut -f1), commit ${commit:0:12}"
say "on the other machine: tar -xJf $(basename "$archive") && cllm4rec-gpu/cllm4rec/scripts/gpu/run.sh"
