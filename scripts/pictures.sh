#!/usr/bin/env bash
# pictures.sh DIR: the pictures of docs/ that show the program: the table and the report of a folder of records (of the quickstart),
# and the progress of the quickstart at 80 and 160 columns. Three minutes on two idle cores.
set -euo pipefail
[ $# = 1 ] || { echo "usage: scripts/pictures.sh DIR" >&2; exit 2; }
cd "$(dirname "$0")/.."
program=${CLLM4REC:-bin/cllm4rec}
scripts/report-picture.sh "$1"
echo "$program table '$1'" | scripts/terminal-picture.sh 120 docs/quickstart.svg 'notes? more with'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for width in 80 160; do # with stores of their own: nothing is taken from earlier runs
	echo "clear; CLLM4REC_STORE=$work/store$width $program run experiments/quickstart.yaml --jobs 2 --out $work/runs$width --log-level warn" |
		scripts/terminal-picture.sh $width docs/progress-$width.svg 'val 0'
done
