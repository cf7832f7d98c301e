#!/usr/bin/env bash
# Builds a commit on this machine, without a GPU, against the PyTorch of a machine with one, and packs the binaries for it.
# Usage: scripts/gpu/build.sh TORCH [ARCHIVE [COMMIT]]        (bin/cllm4rec-gpu-bin.tar.xz, HEAD)
# TORCH is .../site-packages/torch of the same release: python3 -m venv V && V/bin/pip install torch==2.11.0
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,4s/^# //p' "$0"; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
root=$(git -C "$here" rev-parse --show-toplevel)
torch=$(realpath "$1")
archive=$(realpath -m "${2:-$root/bin/cllm4rec-gpu-bin.tar.xz}")
commit=$(git -C "$root" rev-parse --verify "${3:-HEAD}^{commit}")
most=60 # MiB
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
kit=$stage/cllm4rec-gpu
say() { printf 'build: %s\n' "$*"; }

# A clone of its own: the libtorch that this project was set up with stays its choice.
git clone -q --no-checkout "$root" "$stage/clone"
git -C "$stage/clone" checkout -q "$commit"
say "commit ${commit:0:12}, against $torch"
"$stage/clone/scripts/gpu/compile.sh" "$torch"

say "packing"
mkdir -p "$kit/bin" "$kit/lib" "$(dirname "$archive")"
cp -r "$stage/clone/bin/." "$kit/bin"
find "$kit/bin" -type f -exec strip {} +
echo "$commit" >"$kit/COMMIT"
# What tests and scripts read lies where it does in the project. go.mod marks the project's root.
git -C "$stage/clone" archive "$commit" go.mod experiments scripts/gpu plugins/internal/lm/testdata plugins/internal/numerics \
	$(cd "$stage/clone" && find plugins/backbones plugins/internal/models -type d -name testdata) | tar -x -C "$kit"
find "$kit/plugins" -type f \( -name '*.go' -o -name '*.cpp' -o -name '*.h' \) -delete
# The baselines call OpenBLAS, which a machine for PyTorch seldom has.
ldd "$kit"/bin/plugins/baselines/ease | awk '$3 ~ /lib(openblas|gfortran|quadmath)/ {print $3}' | xargs -I{} cp -L {} "$kit/lib/"
# The binaries share most of their code: a dictionary that reaches over all of them, and calls made comparable (x86).
tar -C "$stage" --sort=name --owner=0 --group=0 --numeric-owner -c cllm4rec-gpu | xz --x86 "--lzma2=preset=${LEVEL:-9},dict=384MiB" >"$archive.part"
mv "$archive.part" "$archive"
size=$(($(stat -c %s "$archive") >> 20))
say "$archive: $size MiB"
[ "$size" -lt "$most" ] || { say "that is more than $most MiB"; exit 1; }
say "on the other machine: tar -xJf $(basename "$archive") && cllm4rec-gpu/scripts/gpu/run.sh"
