# MLCommons' own library: python read_croissant.py CARD -> JSON {record set: [first record, number of records]}, and what it complains about
import json
import logging
import sys

import mlcroissant

dataset = mlcroissant.Dataset(jsonld=sys.argv[1])
answer = {"name": dataset.metadata.name, "errors": sorted(dataset.metadata.ctx.issues.errors), "sets": {}}
for record_set in dataset.metadata.record_sets:
    records = list(dataset.records(record_set=record_set.uuid))
    first = {}
    for key, value in records[0].items():
        if hasattr(value, "tolist"):
            value = value.tolist()
        if isinstance(value, bytes):
            value = value.decode()
        first[key.split("/")[-1]] = value
    answer["sets"][record_set.uuid] = [first, len(records)]
print(json.dumps(answer, default=str))
