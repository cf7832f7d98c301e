#!/usr/bin/env bash
# report-picture.sh DIR: docs/report.png, the first screen of the report of a folder of records, at seven tenths of its size.
set -euo pipefail
[ $# = 1 ] || { echo "usage: scripts/report-picture.sh DIR" >&2; exit 2; }
command -v chromium >/dev/null || { echo "there is no chromium (Debian: apt-get install chromium)" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$(dirname "$0")/.."
"${CLLM4REC:-bin/cllm4rec}" report "$1" -o "$work/report.html"
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/chromium" --window-size=1340,1180 --force-device-scale-factor=0.7 \
	--screenshot="$work/report.png" "file://$work/report.html" 2>"$work/chromium.log" || { cat "$work/chromium.log" >&2; exit 1; }
cp "$work/report.png" docs/report.png
