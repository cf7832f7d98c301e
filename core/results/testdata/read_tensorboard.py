# TensorBoard's own reader: python read_tensorboard.py FOLDER -> JSON {run: {tag: [[step, value, wall_time]]}}
import json
import os
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

runs = {}
for folder, _, files in os.walk(sys.argv[1]):
    if not files:
        continue
    events = EventAccumulator(folder, size_guidance={"scalars": 0})
    events.Reload()
    runs[os.path.relpath(folder, sys.argv[1])] = {
        tag: [[e.step, e.value, e.wall_time] for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]
    }
print(json.dumps(runs))
