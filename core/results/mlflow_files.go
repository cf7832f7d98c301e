package results

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/experiment"

	"gopkg.in/yaml.v3"
)

// MLflow's numbers of what can become of a run.
const (
	statusFinished = 3
	statusFailed   = 4
	sourceLocal    = 4
)

// experimentMeta is meta.yaml of an experiment of a file store.
type experimentMeta struct {
	ArtifactLocation string `yaml:"artifact_location"`
	CreationTime     int64  `yaml:"creation_time"` // milliseconds
	ExperimentID     string `yaml:"experiment_id"`
	LastUpdateTime   int64  `yaml:"last_update_time"`
	LifecycleStage   string `yaml:"lifecycle_stage"`
	Name             string `yaml:"name"`
}

// runMeta is meta.yaml of a run.
type runMeta struct {
	ArtifactURI    string   `yaml:"artifact_uri"`
	EndTime        int64    `yaml:"end_time"`
	EntryPointName string   `yaml:"entry_point_name"`
	ExperimentID   string   `yaml:"experiment_id"`
	LifecycleStage string   `yaml:"lifecycle_stage"`
	RunID          string   `yaml:"run_id"`
	RunName        string   `yaml:"run_name"`
	RunUUID        string   `yaml:"run_uuid"`
	SourceName     string   `yaml:"source_name"`
	SourceType     int      `yaml:"source_type"`
	SourceVersion  string   `yaml:"source_version"`
	StartTime      int64    `yaml:"start_time"`
	Status         int      `yaml:"status"`
	Tags           []string `yaml:"tags"`
	UserID         string   `yaml:"user_id"`
}

// MLflow writes an MLflow file store: the plan as an experiment, each trial that has a record
// as a run with its settings, curves, results, cost, and record.json as an artifact. Where
// the folder lies when it is made stands in it (artifact_uri). It returns the number of runs.
// ErrInvalid where the folder is there already, ErrNotFound where no trial has a record.
func MLflow(dir string, plan *experiment.Plan, from Store) (runs int, err error) {
	all, err := trials(plan, from)
	if err != nil {
		return 0, err
	}
	final, err := filepath.Abs(dir)
	if err != nil {
		return 0, err
	}
	return len(all), makeFolder(dir, func(temp string) error {
		first, last := all[0].Started, all[0].Finished
		id := experimentID(plan.Name)
		for _, t := range all {
			if t.Started.Before(first) {
				first = t.Started
			}
			if t.Finished.After(last) {
				last = t.Finished
			}
			if err := writeRun(temp, final, id, t, from.Folder(t.Key)); err != nil {
				return err
			}
		}
		return writeYAML(filepath.Join(temp, id, "meta.yaml"), experimentMeta{
			fileURI(filepath.Join(final, id)), first.UnixMilli(), id, last.UnixMilli(), "active", plan.Name,
		})
	})
}

// experimentID is a number of eighteen digits, as MLflow draws them: the same for the same name.
func experimentID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return strconv.FormatUint(1e17+binary.BigEndian.Uint64(sum[:])%9e17, 10)
}

func fileURI(path string) string { return (&url.URL{Scheme: "file", Path: path}).String() }

func writeRun(temp, final, experiment string, t ran, folder string) error {
	r, err := newRun(t)
	if err != nil {
		return err
	}
	id := t.Key[:32]
	dir := filepath.Join(temp, experiment, id)
	status := statusFinished
	if r.failed {
		status = statusFailed
	}
	meta := runMeta{
		ArtifactURI: fileURI(filepath.Join(final, experiment, id, "artifacts")), StartTime: r.start.UnixMilli(), EndTime: r.end.UnixMilli(), ExperimentID: experiment, LifecycleStage: "active",
		RunID: id, RunName: r.name, RunUUID: id, SourceName: "cllm4rec", SourceType: sourceLocal, SourceVersion: t.Versions.Revision, Status: status, Tags: []string{},
	}
	for _, folder := range []string{"params", "tags", "metrics", "artifacts"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return err
		}
	}
	if err := writeYAML(filepath.Join(dir, "meta.yaml"), meta); err != nil {
		return err
	}
	tags := append(slices.Clone(r.tags), word{"mlflow.runName", r.name}, word{"mlflow.source.name", "cllm4rec"}, word{"mlflow.source.type", "LOCAL"}, word{"mlflow.user", ""})
	for sub, words := range map[string][]word{"params": r.params, "tags": tags} {
		for _, w := range words {
			if err := writeIn(filepath.Join(dir, sub), w.key, w.value); err != nil {
				return err
			}
		}
	}
	for key, values := range r.byKey() {
		var lines strings.Builder
		for _, v := range values {
			fmt.Fprintf(&lines, "%d %s %d\n", v.at.UnixMilli(), v.number(), v.step)
		}
		if err := writeIn(filepath.Join(dir, "metrics"), key, lines.String()); err != nil {
			return err
		}
	}
	return copyFile(filepath.Join(folder, "record.json"), filepath.Join(dir, "artifacts", "record.json"))
}

// writeIn writes a file whose name may have folders in it.
func writeIn(dir, name, content string) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o644)
}

func writeYAML(path string, v any) error {
	raw, err := yaml.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o644)
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if closed := out.Close(); err == nil {
		err = closed
	}
	return err
}
