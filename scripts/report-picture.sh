#!/usr/bin/env bash
# report-picture.sh DIR: docs/report.png, the first screen of the report of a folder of records; report-dark.png and report-narrow.png, the same
# in the dark and as wide as a telephone.
set -euo pipefail
[ $# = 1 ] || { echo "usage: scripts/report-picture.sh DIR" >&2; exit 2; }
command -v chromium >/dev/null || { echo "there is no chromium (Debian: apt-get install chromium)" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$(dirname "$0")/.."
"${CLLM4REC:-bin/cllm4rec}" report "$1" -o "$work/report.html"
# picture NAME WIDTH HEIGHT SCALE [FLAG...]
picture() {
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/chromium" --window-size="$2,$3" --force-device-scale-factor="$4" "${@:5}" \
		--screenshot="$work/$1" "file://$work/report.html" 2>"$work/chromium.log" || { cat "$work/chromium.log" >&2; exit 1; }
	cp "$work/$1" docs/"$1"
}
picture report.png 1340 1180 0.7
picture report-dark.png 1340 1180 0.7 --blink-settings=preferredColorScheme=0
picture report-narrow.png 500 1100 0.7
