package cllm4rec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/stage"
)

// resumed are the plans whose Fits are killed.
var resumed = map[string]string{
	"paper":   short,
	"code":    short + `, "fidelity": "code"`,
	"LLM-CF":  short + `, "content": false, "optimiser": {"schedule": "cosine"}`,
	"PreRec":  `"warmup": {"epochs": 1}, "pretrain": {"epochs": 3}, "finetune": {"epochs": 0}, "batch": 1`,
	"plus-r":  short + `, "content": false, "tokens": {"from": "features"}`,
	"select":  `"content": false, "pretrain": {"epochs": 4, "select": {}}, "finetune": {"epochs": 4}, "batch": 2`,
	"joint":   jointly + `, "select": {"every": 1}`,
	"stopped": `"warmup": {"epochs": 1}, "pretrain": {"epochs": 1}, "finetune": {"epochs": 9}, "select": {"patience": 1}, "batch": 2`,
}

// checkpointed is an input that writes a checkpoint wherever it can. Its validation
// depends on the tower alone, as that of a process that comes later must.
func checkpointed(d *double, folder *stage.Folder) Input {
	training := tiny()
	return Input{
		Users: training.Interactions.Users, Items: training.Interactions.Items, Training: training, Seed: 5,
		Features: described(), Without: countdown(new([]contract.Query)), Work: folder, Pace: &stage.Pace{Every: time.Nanosecond}, Cuts: true,
		Validate: func(context.Context, Ranker, []string) (float64, error) {
			return -d.towers[towerCollaborative].Item[0][0], nil
		},
	}
}

// outcome is all that must be the same however often a Fit was killed.
func outcome(t *testing.T, d *double, m *Model) string {
	t.Helper()
	for i := range m.state.Log {
		m.state.Log[i].Seconds = 0
	}
	raw, err := json.Marshal([]any{d.towers, m.state.Selection[StageFinetune], m.state.Next, m.state.Steps})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	for _, e := range m.Log() {
		fmt.Fprintln(&log, e.Stage, e.Epoch, e.Tower, e.Steps, e.Examples, e.Tokens, e.LearningRate)
	}
	return string(raw) + log.String()
}

func TestAFitThatIsKilledAnywhereGoesOnAndEndsTheSame(t *testing.T) {
	for name, text := range resumed {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plain := newDouble()
			in := checkpointed(plain, nil)
			in.Pace = nil
			m, err := Fit(t.Context(), plain, config(t, text), in)
			if err != nil {
				t.Fatal(err)
			}
			want, all := outcome(t, plain, m), -plain.left
			for dies := 3; dies < all; dies += all / 4 {
				folder := &stage.Folder{Dir: t.TempDir(), Key: "key"}
				d := newDouble()
				d.left = dies
				if _, err := Fit(t.Context(), d, config(t, text), checkpointed(d, folder)); !errors.Is(err, contract.ErrDied) {
					t.Fatalf("it should die after %d examples: %v", dies, err)
				}
				next := newDouble()
				again, err := Fit(t.Context(), next, config(t, text), checkpointed(next, folder))
				if err != nil {
					t.Fatal(err)
				}
				if got := outcome(t, next, again); got != want {
					t.Fatalf("killed after %d examples it ends in\n%s\nwithout a kill in\n%s", dies, got, want)
				}
				if lost := -next.left - (all - dies); lost > 6 {
					t.Errorf("killed after %d of %d examples, %d were trained on again", dies, all, lost)
				}
			}
		})
	}
}

// stopped is a folder with the checkpoint of a Fit that died.
func stopped(t *testing.T) *stage.Folder {
	t.Helper()
	folder := &stage.Folder{Dir: t.TempDir(), Key: "key"}
	d := newDouble()
	d.left = 12
	if _, err := Fit(t.Context(), d, config(t, short), checkpointed(d, folder)); !errors.Is(err, contract.ErrDied) {
		t.Fatal(err)
	}
	return folder
}

func TestACheckpointThatCannotBeUsedIsSaidAndNotUsed(t *testing.T) {
	for why, spoil := range map[string]func(f *stage.Folder) error{
		"of the key": func(f *stage.Folder) error { f.Key = "other"; return nil },
		"bytes, expected": func(f *stage.Folder) error {
			towers, err := filepath.Glob(f.Path("*-content.tower"))
			return errors.Join(err, os.Truncate(towers[0], 10))
		},
		"another checksum": func(f *stage.Folder) error {
			raw, err := os.ReadFile(f.Path(stage.ManifestFile))
			return errors.Join(err, os.WriteFile(f.Path(stage.ManifestFile), []byte(strings.Replace(string(raw), `"next": `, `"next": 1`, 1)), 0o600))
		},
	} {
		folder := stopped(t)
		if err := spoil(folder); err != nil {
			t.Fatal(err)
		}
		d := newDouble()
		in := checkpointed(d, folder)
		var said string
		in.Note = func(text string) { said = text }
		m, err := Fit(t.Context(), d, config(t, short), in)
		if err != nil || !strings.Contains(said, why) || !strings.Contains(said, "starts over") {
			t.Errorf("%s: said %q, error %v", why, said, err)
		}
		if m.Report().Resumed != 0 {
			t.Errorf("%s: it was used", why)
		}
	}
}

func TestATrainingThatWentOnSaysSoAndCountsAllItsTime(t *testing.T) {
	folder := stopped(t)
	state := newState()
	if err := folder.Read(state); err != nil {
		t.Fatal(err)
	}
	d := newDouble()
	m, err := Fit(t.Context(), d, config(t, short), checkpointed(d, folder))
	if err != nil {
		t.Fatal(err)
	}
	if r := m.Report(); r.Resumed != 1 || r.Seconds <= state.Seconds || len(r.Passes) != 9 {
		t.Errorf("report %+v", r)
	}
}

func TestAFitThatIsStoppedLeavesTheFilesOfWhoeverWritesThere(t *testing.T) {
	d, folder := newDouble(), &stage.Folder{Dir: t.TempDir(), Key: "key"}
	in := checkpointed(d, folder)
	ctx, cancel := context.WithCancel(t.Context())
	in.Validate = func(ctx context.Context, _ Ranker, _ []string) (float64, error) {
		cancel() // its claim is lost, and another writes its next checkpoint
		return 0, errors.Join(ctx.Err(), os.WriteFile(folder.Path("99-a.tower"), nil, 0o600))
	}
	if _, err := Fit(ctx, d, config(t, short), in); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder.Path("99-a.tower")); err != nil {
		t.Error(err)
	}
}
