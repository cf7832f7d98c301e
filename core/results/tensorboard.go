package results

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"cllm4rec/core/experiment"

	"google.golang.org/protobuf/encoding/protowire"
)

// TensorBoard writes a folder that `tensorboard --logdir` reads, a run for each trial:
// DATASET/METHOD/seed-N. Tags: loss/STAGE (of CLLM4Rec loss/STAGE_TOWER), learning_rate/...,
// tokens_per_second/... and validation/STAGE by epochs of the stage; PART/METRIC, cost/...
// at step 0. It returns the number of runs. ErrInvalid where the folder is there already,
// ErrNotFound where no trial has a record.
func TensorBoard(dir string, plan *experiment.Plan, from Store) (runs int, err error) {
	all, err := trials(plan, from)
	if err != nil {
		return 0, err
	}
	return len(all), makeFolder(dir, func(temp string) error {
		datasets, methods := newFolders(), newFolders()
		for _, t := range all {
			run := filepath.Join(temp, datasets.name(t.dataset), methods.name(t.method), fmt.Sprintf("seed-%d", t.Seed))
			if err := os.MkdirAll(run, 0o755); err != nil {
				return err
			}
			name := fmt.Sprintf("events.out.tfevents.%d.%.12s", t.Started.Unix(), t.Key)
			if err := os.WriteFile(filepath.Join(run, name), t.events(), 0o644); err != nil {
				return err
			}
		}
		return nil
	})
}

// events are those of one trial, in the order of time.
func (t ran) events() []byte {
	var w eventWriter
	at := t.Started
	w.version(at)
	at = at.Add(seconds(t.Times.Start))
	for _, e := range t.Log {
		at = at.Add(seconds(e.Seconds))
		for _, v := range curvePoints(e) {
			w.scalar(at, int64(e.Epoch), v.name, v.value)
		}
	}
	for _, v := range t.outcome() {
		w.scalar(t.Finished, 0, v.name, v.value)
	}
	return w.Bytes()
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// named is a number with its name.
type named struct {
	name  string
	value float64
}

// outcome are the results of all parts and the cost.
func (t ran) outcome() []named {
	var all []named
	for _, r := range t.Results {
		for _, values := range []map[string]float64{r.Means, r.Overall} {
			for _, metric := range slices.Sorted(maps.Keys(values)) {
				all = append(all, named{r.Part + "/" + metric, values[metric]})
			}
		}
	}
	return append(all, named{"cost/train_seconds", t.Times.Train}, named{"cost/rank_seconds", t.Times.Rank}, named{"cost/peak_mib", float64(t.PeakRSS()) / (1 << 20)})
}

// eventWriter writes TensorBoard's event files: TFRecords (length, its checksum, content, its
// checksum) of the message Event of TensorFlow's event.proto.
type eventWriter struct{ bytes.Buffer }

// Numbers of fields in event.proto and summary.proto.
const (
	eventWallTime    = 1 // double
	eventStep        = 2 // int64
	eventFileVersion = 3 // string
	eventSummary     = 5 // Summary
	summaryValue     = 1 // Summary.Value
	valueTag         = 1 // string
	valueSimple      = 2 // float
)

func (w *eventWriter) version(at time.Time) {
	e := eventAt(at, 0)
	e = protowire.AppendTag(e, eventFileVersion, protowire.BytesType)
	w.record(protowire.AppendString(e, "brain.Event:2"))
}

func (w *eventWriter) scalar(at time.Time, step int64, tag string, v float64) {
	value := protowire.AppendTag(nil, valueTag, protowire.BytesType)
	value = protowire.AppendString(value, tag)
	value = protowire.AppendTag(value, valueSimple, protowire.Fixed32Type)
	value = protowire.AppendFixed32(value, math.Float32bits(float32(v)))
	summary := protowire.AppendTag(nil, summaryValue, protowire.BytesType)
	summary = protowire.AppendBytes(summary, value)
	e := eventAt(at, step)
	e = protowire.AppendTag(e, eventSummary, protowire.BytesType)
	w.record(protowire.AppendBytes(e, summary))
}

func eventAt(at time.Time, step int64) []byte {
	e := protowire.AppendTag(nil, eventWallTime, protowire.Fixed64Type)
	e = protowire.AppendFixed64(e, math.Float64bits(float64(at.UnixNano())/1e9))
	if step == 0 {
		return e // as every message leaves out what is 0
	}
	e = protowire.AppendTag(e, eventStep, protowire.VarintType)
	return protowire.AppendVarint(e, uint64(step))
}

func (w *eventWriter) record(content []byte) {
	length := binary.LittleEndian.AppendUint64(nil, uint64(len(content)))
	for _, part := range [][]byte{length, content} {
		w.Write(part)
		w.Write(binary.LittleEndian.AppendUint32(nil, masked(part)))
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is the checksum of a TFRecord, turned so that checksums of what holds checksums stay
// good ones (TensorFlow, crc32c.h).
func masked(b []byte) uint32 {
	sum := crc32.Checksum(b, castagnoli)
	return (sum>>15 | sum<<17) + 0xa282ead8
}
