#!/usr/bin/env bash
# Holds an export against RecBole itself: a small synthetic data set is written as atomic files,
# RecBole loads them as a benchmark, and both count the same users, items and interactions of
# every part. Needs bin/cllm4rec and its plugins (make build) and, under RECBOLE_PYTHON (else
# python3), recbole==1.2.1 with pandas below 3; without it nothing is checked, which it says.
set -euo pipefail
cd "$(dirname "$0")/.."
python="${RECBOLE_PYTHON:-python3}"
if ! "$python" -c 'import recbole; assert recbole.__version__ == "1.2.1", recbole.__version__' 2>/dev/null; then
  echo "SKIPPED, NOT PROVED HERE: $python has no recbole 1.2.1, so nothing was held against it; RECBOLE_PYTHON names an interpreter that has" >&2
  exit 0
fi
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cat > "$work/few.yaml" <<'YAML'
name: few
datasets: [{name: few, plugin: synthetic, params: {users: 200, groups: 3}, split: {method: leave_one_out}}]
methods: [{name: Popularity, recommender: {plugin: popularity}}]
YAML
bin/cllm4rec data export "$work/few.yaml" --store off --format recbole --to "$work/few" > "$work/said"
sed -n '1p' "$work/said"
CUDA_VISIBLE_DEVICES= "$python" -W ignore - "$work" <<'PY'
import sys

import numpy as np

# RecBole 1.2.1 asks for names that NumPy 2 has no more.
for old, new in (("float_", np.float64), ("complex_", np.complex128), ("unicode_", np.str_)):
    if not hasattr(np, old):
        setattr(np, old, new)

import recbole.data
from recbole.config import Config
from recbole.utils import init_seed

work = sys.argv[1]
sys.argv = sys.argv[:1]
config = Config(model="Pop", dataset="few", config_dict={
    "data_path": work, "benchmark_filename": ["train", "valid", "test"], "use_gpu": False, "state": "ERROR",
    "load_col": None})
init_seed(1, True)
dataset = recbole.data.create_dataset(config)
parts = dataset.build()

users, items, counts = set(), set(), []
for part in ("train", "valid", "test"):
    with open(f"{work}/few/few.{part}.inter", encoding="utf-8") as f:
        assert next(f).rstrip("\n").split("\t")[:4] == ["user_id:token", "item_id:token", "rating:float", "timestamp:float"]
        rows = [line.rstrip("\n").split("\t") for line in f]
    counts.append(len(rows))
    users.update(row[0] for row in rows)
    items.update(row[1] for row in rows)
theirs = dataset.user_num - 1, dataset.item_num - 1, [len(p.inter_feat) for p in parts]  # one number is for padding
print("RecBole 1.2.1:", theirs, "- the files:", (len(users), len(items), counts))
assert theirs == (len(users), len(items), counts)
for feature in ("user_feat", "item_feat"):
    feat = getattr(dataset, feature)
    if feat is not None:
        print(feature, sorted(feat.columns), len(feat))
PY
