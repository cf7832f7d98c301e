package chaos

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// file is a file as a record or a manifest lists it.
type file struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// trial is what this command reads of a record.
type trial struct {
	Status  string `json:"status"`
	Error   string `json:"error"`
	Resumed int    `json:"resumed"`
	Model   struct {
		Files []file `json:"files"`
	} `json:"model"`
	Results []struct {
		Part    string          `json:"part"`
		Means   json.RawMessage `json:"means"`
		Users   int             `json:"users"`
		PerUser file            `json:"per_user"`
		Ranking file            `json:"ranking"`
	} `json:"results"`
}

// numbers are what two records of one trial must agree in.
func (t trial) numbers() string {
	models := slices.DeleteFunc(slices.Clone(t.Model.Files), func(f file) bool { return f.Name == "state.json" }) // which has times
	return fmt.Sprint(t.Results, models)
}

// inspect holds the folder against what it had before: every record and every stage is whole,
// and no finished record has changed or gone.
func (b *batch) inspect() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	trials, digests, err := b.records()
	if err != nil {
		return err
	}
	for key, digest := range b.known {
		if digests[key] != digest {
			return fmt.Errorf("the finished record %s has changed or gone", key)
		}
	}
	for key, t := range trials {
		if t.Status == "done" {
			b.known[key] = digests[key]
		} else if !strings.Contains(t.Error, "signal killed") && !strings.HasSuffix(t.Error, ", which failed") {
			return fmt.Errorf("the trial %s failed, but not by a kill: %s", key, t.Error)
		}
	}
	_, err = b.stages()
	return err
}

// records reads every record with its files, and gives the digests of what it read.
func (b *batch) records() (trials map[string]trial, digests map[string]string, err error) {
	trials, digests = map[string]trial{}, map[string]string{}
	paths, err := filepath.Glob(filepath.Join(b.out, "trials", "*", "record.json"))
	if err != nil {
		return nil, nil, err
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, nil, err
		}
		var t trial
		if err := json.Unmarshal(raw, &t); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, r := range t.Results {
			if err := intact(filepath.Dir(path), r.PerUser, r.Ranking); err != nil {
				return nil, nil, err
			}
		}
		if err := intact(filepath.Join(filepath.Dir(path), "model"), t.Model.Files...); err != nil {
			return nil, nil, err
		}
		key := filepath.Base(filepath.Dir(path))
		trials[key], digests[key] = t, digestOf(raw)
	}
	return trials, digests, nil
}

// stages are the checksums of the files of every stage that is in its place, by key, after
// each file was held against its own.
func (b *batch) stages() (map[string]string, error) {
	all := map[string]string{}
	dirs, err := os.ReadDir(filepath.Join(b.store, "stages"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, d := range dirs {
		if d.Name() == "work" || d.Name() == "claims" {
			continue
		}
		dir := filepath.Join(b.store, "stages", d.Name())
		raw, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
		if err != nil {
			return nil, fmt.Errorf("a stage is half written: %w", err)
		}
		var m struct {
			Files []file `json:"files"`
		}
		if err := json.Unmarshal(raw, &m); err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
		if err := intact(dir, m.Files...); err != nil {
			return nil, err
		}
		for i, f := range m.Files { // which begin with a number that counts checkpoints
			m.Files[i].Name = strings.TrimLeft(f.Name, "0123456789")
		}
		slices.SortFunc(m.Files, func(a, b file) int { return strings.Compare(a.Name, b.Name) })
		all[d.Name()] = fmt.Sprint(m.Files)
	}
	return all, nil
}

// intact holds files of a folder against their checksums.
func intact(dir string, files ...file) error {
	for _, f := range files {
		raw, err := os.ReadFile(filepath.Join(dir, f.Name))
		if err != nil {
			return err
		}
		if digestOf(raw) != f.SHA256 {
			return fmt.Errorf("%s has another checksum than is said of it", filepath.Join(dir, f.Name))
		}
	}
	return nil
}

func digestOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// outcome is what a complete plan has led to, without times and costs.
type outcome struct {
	table           string
	records, stages map[string]string // numbers and checksums, by key
	resumed         int               // trials that went on from a checkpoint
}

func (b *batch) outcome() (o outcome, err error) {
	if o.table, err = b.must(b.store, "table", b.out, "--format", "csv"); err != nil {
		return o, err
	}
	if o.stages, err = b.stages(); err != nil {
		return o, err
	}
	trials, _, err := b.records()
	o.records = map[string]string{}
	for key, t := range trials {
		o.records[key] = t.numbers()
		if t.Resumed > 0 {
			o.resumed++
		}
	}
	return o, err
}

// agrees holds an outcome against that of the undisturbed run, and counts the records that
// this did not have.
func (o outcome) agrees(want outcome) (extra int, err error) {
	if o.table != want.table {
		return 0, fmt.Errorf("the table is\n%s\nwithout kills\n%s", o.table, want.table)
	}
	for name, pair := range map[string][2]map[string]string{"record": {o.records, want.records}, "stage": {o.stages, want.stages}} {
		for key, numbers := range pair[1] {
			if pair[0][key] != numbers {
				return 0, fmt.Errorf("the %s %s is\n%s\nwithout kills\n%s", name, key, pair[0][key], numbers)
			}
		}
	}
	return len(o.records) - len(want.records), nil
}

// settled runs the complete plan once more: nothing is left to do, and what killed runs left
// half written goes.
func (b *batch) settled() error {
	said, err := b.must(b.store, "run", b.plan, "--keep", "models", "--out", b.out)
	if err == nil && !strings.Contains(said, "\n0 trials run, ") {
		err = fmt.Errorf("there was something left to do when the plan was complete:\n%s", said)
	}
	for _, args := range [][]string{{"store", "verify"}, {"store", "prune", "--unused", "720h"}} { // the claims of the dead go
		if err == nil {
			_, err = b.must(b.store, args...)
		}
	}
	return err
}

// clean looks for what should not lie about when all is done.
func (b *batch) clean(want outcome) error {
	var left []string
	for _, pattern := range []string{b.out + "/claims/*", b.out + "/.*", b.out + "/*/.*", b.out + "/*/*/.*", b.store + "/stages/work/*", b.store + "/stages/claims/*", b.store + "/stages/*/.*"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return err
		}
		left = append(left, found...)
	}
	for _, path := range b.temporary() {
		if !inMaking(path) {
			left = append(left, path)
		}
	}
	for key := range want.records {
		if work := filepath.Join(b.out, "trials", key, "work"); exists(work) {
			left = append(left, work)
		}
	}
	if len(left) > 0 {
		slices.Sort(left)
		return fmt.Errorf("there lie about:\n%s", strings.Join(left, "\n"))
	}
	return nil
}

// temporary are the files and folders for temporary files.
func (b *batch) temporary() []string {
	all, _ := filepath.Glob(filepath.Join(b.tmp, "*")) // the pattern is whole
	hidden, _ := filepath.Glob(filepath.Join(b.tmp, ".*"))
	return append(all, hidden...)
}

// inMaking reports whether a path is a folder of sockets whose host was killed before it had a
// lock: such a one goes after an hour, as nothing tells it from one that is just being made.
func inMaking(path string) bool {
	return strings.HasPrefix(filepath.Base(path), "cllm4rec-run-") && !exists(filepath.Join(path, "lock"))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
