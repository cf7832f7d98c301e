#!/usr/bin/env bash
# table-picture.sh DIR: docs/table.png, the table of a folder of records as TeX sets it.
set -euo pipefail
[ $# = 1 ] || { echo "usage: scripts/table-picture.sh DIR" >&2; exit 2; }
for program in pdflatex pdftoppm; do
	command -v $program >/dev/null || { echo "there is no $program (Debian: apt-get install texlive-latex-recommended poppler-utils)" >&2; exit 2; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$(dirname "$0")/.."
"${CLLM4REC:-bin/cllm4rec}" export "$1" --format latex --columns recall_min@20,recall_min@40,ndcg@100,train --label tab:quickstart --caption 'Synthetic data, two seeds' -o "$work/table.tex" >&2
cat >"$work/page.tex" <<'TEX'
\documentclass{article}
\usepackage{booktabs}
\usepackage[paperwidth=178mm,paperheight=72mm,margin=5mm]{geometry}
\pagestyle{empty}
\begin{document}
\input{table.tex}
\end{document}
TEX
(cd "$work" && pdflatex -halt-on-error -interaction=nonstopmode page.tex >log) || { cat "$work/log" >&2; exit 1; }
pdftoppm -r 110 -png -singlefile "$work/page.pdf" "$work/table"
cp "$work/table.png" docs/table.png
