#!/usr/bin/env bash
# Builds the program, its plugins and the test binaries of what computes on a device. Usage: scripts/gpu/compile.sh TORCH
# TORCH is the folder of a libtorch or of an installed PyTorch. Everything lands in bin/, the tests in bin/tests/.
set -euo pipefail
cd "$(dirname "$0")/../.."
make build LIBTORCH="$1"
export GOFLAGS="-trimpath -buildvcs=false"
mkdir -p bin/tests
for package in plugins/internal/numerics/torch plugins/internal/numerics/nn plugins/internal/lm plugins/backbones/*/; do
	package=${package%/}
	go test -c -ldflags '-s -w' -o "bin/tests/${package//\//-}.test" "./$package"
done
