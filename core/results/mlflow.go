package results

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cllm4rec/core/record"
)

// mlRun is a trial as a run of MLflow.
type mlRun struct {
	name       string
	failed     bool
	start, end time.Time
	params     []word
	tags       []word
	metrics    []mlMetric
}

// word is a text with its name.
type word struct{ key, value string }

// mlMetric is a value of a metric at a step.
type mlMetric struct {
	key   string
	value float64
	at    time.Time
	step  int64
}

// longestParam is how many characters of a parameter MLflow takes.
const longestParam = 6000

// newRun describes a trial: parameters are what decides its model, as its record has it, with
// digests in place of paths.
func newRun(t ran) (mlRun, error) {
	r := mlRun{
		name: fmt.Sprintf("%s, %s, seed %d", t.method, t.dataset, t.Seed), failed: t.Status == record.Failed, start: t.Started, end: t.Finished,
		params: []word{{"dataset", t.dataset}, {"method", t.method}, {"seed", strconv.FormatUint(t.Seed, 10)}},
		tags:   []word{{"cllm4rec.key", t.Key}, {"cllm4rec.train_key", t.TrainKey}, {"cllm4rec.data", t.Data.Fingerprint}, {"cllm4rec.version", t.Versions.Program}},
	}
	if t.Error != "" {
		r.tags = append(r.tags, word{"cllm4rec.error", t.Error})
	}
	var content struct{ Train map[string]json.RawMessage }
	if err := json.Unmarshal(t.Trial, &content); err != nil {
		return r, fmt.Errorf("what trial %.12s is: %w", t.Key, err)
	}
	for _, of := range []struct {
		prefix string
		value  json.RawMessage
	}{{"", content.Train["method"]}, {"dataset.", content.Train["dataset"]}, {"", content.Train["selection"]}} {
		var parts map[string]json.RawMessage
		if json.Unmarshal(of.value, &parts) != nil {
			continue // it is no object in records of an earlier version
		}
		for _, name := range slices.Sorted(maps.Keys(parts)) {
			var err error
			if r.params, err = flatten(r.params, of.prefix+name, parts[name]); err != nil {
				return r, fmt.Errorf("what trial %.12s is: %w", t.Key, err)
			}
		}
	}
	r.measure(t)
	return r, nil
}

// measure takes the curves and results.
func (r *mlRun) measure(t ran) {
	at := t.Started.Add(seconds(t.Times.Start))
	for _, e := range t.Log {
		at = at.Add(seconds(e.Seconds))
		for _, v := range curvePoints(e) {
			r.metrics = append(r.metrics, mlMetric{metricKey(v.name), v.value, at, int64(e.Epoch)})
		}
	}
	for _, v := range t.outcome() {
		r.metrics = append(r.metrics, mlMetric{metricKey(v.name), v.value, t.Finished, 0})
	}
}

// flatten adds the leaves of a JSON value under names with points; lists are one value.
func flatten(to []word, key string, raw json.RawMessage) ([]word, error) {
	raw = bytes.TrimSpace(raw)
	var object map[string]json.RawMessage
	var text string
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return to, nil
	case raw[0] == '{':
		if err := json.Unmarshal(raw, &object); err != nil {
			return to, err
		}
		for _, name := range slices.Sorted(maps.Keys(object)) {
			var err error
			if to, err = flatten(to, key+"."+name, object[name]); err != nil {
				return to, err
			}
		}
		return to, nil
	case raw[0] == '"':
		if err := json.Unmarshal(raw, &text); err != nil {
			return to, err
		}
	default:
		text = string(raw)
	}
	return append(to, word{metricKey(key), cut(text, longestParam)}), nil
}

// cut is a text of so many characters at most; record.json, an artifact of the run, has all of it.
func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	const end = " ... (cut)"
	return string([]rune(s)[:most-len(end)]) + end
}

// notInKeys is what MLflow takes in no name of a metric or a parameter.
var notInKeys = regexp.MustCompile(`[^/\w.\- ]`)

// metricKey is a name as MLflow takes it: recall@20 is recall_at_20.
func metricKey(s string) string {
	return notInKeys.ReplaceAllString(strings.ReplaceAll(s, "@", "_at_"), "_")
}

// number reads back to the same float64 in Python.
func (m mlMetric) number() string {
	switch {
	case math.IsNaN(m.value):
		return "nan"
	case math.IsInf(m.value, 0):
		return strings.TrimPrefix(strings.ToLower(strconv.FormatFloat(m.value, 'g', -1, 64)), "+")
	}
	return strconv.FormatFloat(m.value, 'g', -1, 64)
}

// byKey are the metrics of each name, in the order of time.
func (r *mlRun) byKey() map[string][]mlMetric {
	of := map[string][]mlMetric{}
	for _, m := range r.metrics {
		of[m.key] = append(of[m.key], m)
	}
	for _, all := range of {
		slices.SortStableFunc(all, func(a, b mlMetric) int { return cmp.Compare(a.step, b.step) })
	}
	return of
}
