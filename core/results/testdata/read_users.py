# pandas reads users.parquet: python read_users.py FILE -> JSON
import json
import sys

import pandas as pd

table = pd.read_parquet(sys.argv[1])
means = table.groupby(["dataset", "method", "seed"])["ndcg@10"].mean()
print(json.dumps({
    "columns": {name: str(kind) for name, kind in table.dtypes.items()},
    "rows": len(table),
    "means": {"/".join(map(str, key)): value for key, value in means.items()},
}))
