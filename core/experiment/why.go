package experiment

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// longValue is how much of a value a difference shows, in characters.
const longValue = 60

// News are the parts of a content that an older content of the same trial, as a
// record holds it, does not have, in words such as "method params.lambda: 300 ->
// 500"; none when both are the same.
func (c Content) News(old json.RawMessage) ([]string, error) {
	raw, err := canonical(c)
	if err != nil {
		return nil, err
	}
	now, was := flat(raw), flat(old)
	if was["train.form"] != now["train.form"] {
		return []string{"its keys are made in a new way: the record is of another version of the program"}, nil
	}
	var train, measuring []string
	for _, path := range slices.Sorted(maps.Keys(union(now, was))) {
		a, b := was[path], now[path]
		rest, ofMeasuring := strings.CutPrefix(path, "evaluate.")
		switch {
		case a == b || path == "evaluate.train": // which is the rest again
		case ofMeasuring:
			measuring = append(measuring, change(rest, a, b))
		default:
			train = append(train, c.words(strings.TrimPrefix(path, "train."), a, b))
		}
	}
	if len(train) == 0 && len(measuring) > 0 {
		measuring[0] = "only measuring is new: " + measuring[0]
	}
	return append(train, measuring...), nil
}

// flat is every value of a JSON tree by its path; a list is one value.
func flat(raw json.RawMessage) map[string]string {
	out := map[string]string{}
	tree, err := decodeNumbers(raw)
	if err == nil {
		flatten(out, "", tree)
	}
	return out
}

func flatten(out map[string]string, path string, value any) {
	object, ok := value.(map[string]any)
	if !ok {
		raw, _ := json.Marshal(value) // it was decoded from JSON
		out[path] = string(raw)
		return
	}
	for name, v := range object {
		flatten(out, strings.TrimPrefix(path+"."+name, "."), v)
	}
}

func union(a, b map[string]string) map[string]bool {
	out := map[string]bool{}
	for path := range a {
		out[path] = true
	}
	for path := range b {
		out[path] = true
	}
	return out
}

// words says what is new at a path of a TrainContent.
func (c Content) words(path, was, now string) string {
	switch {
	case path == "dataset.semantics":
		return change("semantics of plugin "+c.Train.Dataset.Name+":", was, now)
	case path == "method.plugin.semantics" && c.Train.Method.Plugin != nil:
		return change("semantics of plugin "+c.Train.Method.Plugin.Name+":", was, now)
	case path == "needs":
		return "a method that it needs is new"
	case strings.HasPrefix(was, `"sha256:`) && strings.HasPrefix(now, `"sha256:`):
		return pathWords(path) + " has another content"
	}
	return change(pathWords(path)+":", was, now)
}

// pathWords is a path of a TrainContent as a user knows it.
func pathWords(path string) string {
	for _, p := range [][2]string{
		{"dataset.params.", "dataset params."}, {"dataset.checksum", "binary of the dataset plugin"}, {"dataset.", "dataset plugin "},
		{"selection.filter.", "filter "}, {"selection.split.", "split "},
		{"method.plugin.params.", "method params."}, {"method.plugin.checksum", "binary of the method's plugin"}, {"method.plugin.", "method plugin "},
		{"method.pipeline.", "cllm4rec "}, {"method.ensemble.", "ensemble "}, {"method.", "method "},
		{"validation.", "validation "}, {"semantics.", "semantics of core/"}, {"device", "class of the device"},
	} {
		if rest, ok := strings.CutPrefix(path, p[0]); ok {
			return p[1] + rest
		}
	}
	return path
}

func change(what, was, now string) string {
	return fmt.Sprintf("%s %s -> %s", what, short(was), short(now))
}

// short is a JSON value for people: without quotes where it reads the same, and cut.
func short(value string) string {
	if value == "" {
		return "nothing"
	}
	var s string
	if json.Unmarshal([]byte(value), &s) == nil && s != "" && strconv.Quote(s) == `"`+s+`"` {
		value = s
	}
	if utf8.RuneCountInString(value) > longValue {
		value = string([]rune(value)[:longValue]) + "..."
	}
	return value
}
