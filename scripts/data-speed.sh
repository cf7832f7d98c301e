#!/usr/bin/env bash
# Times reading, 5-core and leave-one-out of one file of interactions (RecBole's .inter) by the
# plugins recbole and table, by pandas and by RecBole 1.2.1, one after the other, so often:
#   RECBOLE_PYTHON=python scripts/data-speed.sh [USERS [TIMES]]      (50 interactions per user)
# and the second opening of the prepared split. Processor time counts all processes of a command,
# memory its largest one. Needs make build and a Python with recbole==1.2.1 and pandas below 3.
set -euo pipefail
cd "$(dirname "$0")/.."
export python="${RECBOLE_PYTHON:-python3}" root="$PWD"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"
entry() { # NAME PLUGIN PARAMS SPLIT: an experiment file
  cat > "$1.yaml" <<YAML
name: $1
datasets: [{name: $1, plugin: $2, params: $3, $4}]
methods: [{name: Popularity, recommender: {plugin: popularity}}]
YAML
}
filtered="filter: {k_core: 5}, split: {method: leave_one_out}"
entry source synthetic "{users: ${1:-40000}, items: 20000, interactions_per_user: 50, stream: true, reviews: 0, contents: 0}" "split: {method: leave_one_out}"
entry recbole recbole "{path: whole}" "$filtered"
entry table table "{path: whole/whole.inter, user: 1, item: 2, value: 3, time: 4}" "$filtered"
"$root/bin/cllm4rec" data export source.yaml --store off --format recbole --to parts > /dev/null
mkdir whole
{ head -n 1 parts/parts.train.inter; for part in train valid test; do tail -n +2 "parts/parts.$part.inter"; done; } > whole/whole.inter
cat > by_pandas.py <<'PY'
import pandas as pd

df = pd.read_csv("whole/whole.inter", sep="\t", header=0, names=["user", "item", "rating", "time"],
                 dtype={"user": str, "item": str, "rating": "float32", "time": "int64"})
df = df.sort_values(["user", "time"], kind="stable").drop_duplicates(["user", "item"], keep="last")
n = 0
while n != len(df):
    n = len(df)
    df = df[df.groupby("user")["item"].transform("size") >= 5]
    df = df[df.groupby("item")["user"].transform("size") >= 5]
df["u"], df["i"] = df["user"].astype("category").cat.codes, df["item"].astype("category").cat.codes
rank = df.groupby("u").cumcount(ascending=False)
print("train, validation, test:", [len(df[rank >= 2]), len(df[rank == 1]), len(df[rank == 0])])
PY
cat > by_recbole.py <<'PY'
import sys

import numpy as np

# RecBole 1.2.1 asks for names that NumPy 2 has no more.
for old, new in (("float_", np.float64), ("complex_", np.complex128), ("unicode_", np.str_)):
    if not hasattr(np, old):
        setattr(np, old, new)

import recbole.data
from recbole.config import Config
from recbole.utils import init_seed

sys.argv = sys.argv[:1]
config = Config(model="Pop", dataset="whole", config_dict={
    "data_path": ".", "use_gpu": False, "state": "ERROR", "load_col": {"inter": ["user_id", "item_id", "rating", "timestamp"]},
    "user_inter_num_interval": "[5,inf)", "item_inter_num_interval": "[5,inf)",
    "eval_args": {"split": {"LS": "valid_and_test"}, "order": "TO", "group_by": "user", "mode": "full"}})
init_seed(1, True)
print("train, validation, test:", [len(p.inter_feat) for p in recbole.data.create_dataset(config).build()])
PY
cat > timed.py <<'PY'
import resource
import subprocess
import sys
import time

begin = time.time()
done = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
said = [line for line in done.stdout.splitlines() if "train, validation" in line or "made" in line or "was there" in line]
if done.returncode or not said:
    sys.exit(f"{sys.argv[1]} failed:\n{done.stdout}")
print(f"{sys.argv[1]:22} {time.time() - begin:7.1f} s, of processors {used.ru_utime + used.ru_stime:6.1f} s, {used.ru_maxrss >> 10:5} MB   {said[-1].strip()}", flush=True)
PY
echo "$(($(wc -l < whole/whole.inter) - 1)) interactions"
for _ in $(seq "${2:-3}"); do
  for plugin in recbole table; do
    "$python" timed.py "plugin $plugin" "$root/bin/cllm4rec" data prepare "$plugin.yaml" --anew --store store
  done
  "$python" timed.py "plugin recbole, again" "$root/bin/cllm4rec" data prepare recbole.yaml --store store
  "$python" timed.py pandas "$python" -W ignore by_pandas.py
  "$python" timed.py RecBole "$python" -W ignore by_recbole.py
done
