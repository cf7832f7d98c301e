#!/usr/bin/env bash
# new-user.sh [FOLDER]: the way of a new user, from ratings of one's own to a report: two baselines and CLLM4Rec on a tiny language model.
# FOLDER (default: a new one) keeps what it makes. Programs: $CLLM4REC (bin/cllm4rec) and $CLLM4REC_PLUGINS (bin/plugins); `make build`
# makes both where there is no bin/. Half a minute on two cores.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
here=${1:-$(mktemp -d)}
mkdir -p "$here"
cllm4rec=${CLLM4REC:-$root/bin/cllm4rec}
[ -x "$cllm4rec" ] || make -C "$root" build

step() { echo; echo "== $*"; }

step "1. ratings of your own: a line for each, with a file of the items' titles"
awk -v seed=7 'BEGIN {
	srand(seed); print "user,item,rating,timestamp"
	for (u = 0; u < 150; u++) for (k = 0; k < 9; k++) { # users have one of three tastes, seven times of nine
		taste = k < 7 ? u % 3 : int(3 * rand()); item = 3 * int(20 * rand() * rand()) + taste
		if (!seen[u, item]++) printf "u%d,i%d,%d,%d\n", u, item, 3 + int(3 * rand()), 1.6e9 + 1e5 * k + u }
}' >"$here/ratings.csv"
awk 'BEGIN {
	print "item,title"; split("garden kitchen bicycle", taste, " "); split("light steel small wooden folding", how, " ")
	for (i = 0; i < 60; i++) printf "i%d,%s %s tool %d\n", i, how[1 + i % 5], taste[1 + i % 3], i
}' >"$here/items.csv"
wc -l "$here/ratings.csv" "$here/items.csv"

step "2. which plugin reads them"
"$cllm4rec" data sniff "$here/ratings.csv"

step "3. an experiment"
cat >"$here/mine.yaml" <<YAML
name: mine
datasets:
  - name: Mine
    plugin: table
    params: {path: ratings.csv, items: {path: items.csv}}
    filter: {min_value: 3}
    split: {method: ratio, by: user, validation: 0.1, test: 0.3}
evaluate: {metrics: [recall@10, ndcg@10]}
methods:
  - {name: Popularity, recommender: {plugin: popularity}}
  - {name: EASE, recommender: {plugin: ease, params: {lambda: 20}}}
  - name: CLLM4Rec
    cllm4rec:
      backbone: {plugin: gpt2, params: {weights: "$root/experiments/models/tiny-gpt2", threads: 1}}
      documents: [title]
      warmup: {epochs: 5, lr: 1.0e-2}
      pretrain: {epochs: 20, lr: 1.0e-2}
      finetune: {epochs: 5, lr: 1.0e-3}
      batch: 20
      select: {metrics: [ndcg@10]}
table: {against: EASE}
YAML
cat "$here/mine.yaml"

step "4. is it right, and what will it cost"
"$cllm4rec" validate "$here/mine.yaml"
"$cllm4rec" plan "$here/mine.yaml" --out "$here/runs"

step "5. run it; the same command goes on where it was stopped"
"$cllm4rec" run "$here/mine.yaml" --out "$here/runs" --jobs 2 --threads 1

step "6. the table by another metric, and the report"
"$cllm4rec" table "$here/runs" --columns recall@20,train --sort recall@20
"$cllm4rec" report "$here/runs" -o "$here/report.html"
