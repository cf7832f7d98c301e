# Writes events.bin beside itself by TensorBoard's own writer of records and TensorFlow's messages:
#   python events.py        (tensorboard 2.21.0)
import os

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "events.bin"), "wb") as f:
    w = RecordWriter(f)
    w.write(Event(wall_time=1767225600.0, file_version="brain.Event:2").SerializeToString())
    for at, step, tag, value in [(1767225601.5, 1, "loss/pretrain", 5.1), (1767225602.0, 300, "test/recall@20", 0.25), (1767225602.0, 0, "\u00e9", 0.0)]:
        w.write(Event(wall_time=at, step=step, summary=Summary(value=[Summary.Value(tag=tag, simple_value=value)])).SerializeToString())
    w.flush()
