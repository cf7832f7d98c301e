#!/usr/bin/env bash
# Fetches MovieLens 100K (GroupLens; for research) for the tests that look for it: RecBole's
# wheel carries it as atomic files. Needs pip and unzip; nothing of it is committed.
set -euo pipefail
to="${1:-${XDG_CACHE_HOME:-$HOME/.cache}/cllm4rec/test/ml-100k}"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
python3 -m pip download --quiet --no-deps --dest "$work" recbole==1.2.1
unzip -q "$work"/recbole-1.2.1-*.whl 'recbole/dataset_example/ml-100k/*' -d "$work"
(cd "$work/recbole/dataset_example/ml-100k" && sha256sum --check --quiet) <<'SUMS'
4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff  ml-100k.inter
51d7cdf777ce5c0f5b32c1d947a4a81fe07d75e78abbe761e0cd4d0756064532  ml-100k.item
4f670007d9cfbeb9807e757209af1555b9bcc186bde25e767f67cb67c6dd5972  ml-100k.user
SUMS
mkdir -p "$to"
cp "$work"/recbole/dataset_example/ml-100k/* "$to/"
echo "MovieLens 100K lies in $to"
