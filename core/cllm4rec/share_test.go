package cllm4rec

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/claim"
	"cllm4rec/core/contract"
	"cllm4rec/core/stage"
)

// rows share what they can: two have one pretraining, one another prior, and PreRec
// selects within the pretraining that the first two have.
func rows(more string) map[string]string {
	base := `"warmup": {"epochs": 2}, "batch": 2` + more
	return map[string]string{
		"A":      base + `, "pretrain": {"epochs": 3}, "finetune": {"epochs": 2, "mask": 0.4}`,
		"B":      base + `, "pretrain": {"epochs": 3}, "finetune": {"epochs": 3, "lr": 0.01, "lambda_c": 0.5}, "targets": "all"`,
		"lambda": base + `, "pretrain": {"epochs": 3, "lambda_c": 7}, "finetune": {"epochs": 1}`,
		"PreRec": base + `, "pretrain": {"epochs": 3}, "finetune": {"epochs": 0}, "select": {"patience": 1}`,
	}
}

// keyed is a result under a key made of the settings that reach it.
func keyed(t *testing.T, s Settings, name Stage, more ...any) *Shared {
	t.Helper()
	raw, err := json.Marshal(append(more, name, s.Reaching(name)))
	if err != nil {
		t.Fatal(err)
	}
	return &Shared{Key: fmt.Sprintf("%x", sha256.Sum256(raw)), About: stage.About{What: string(name)}}
}

// sharing is what a row of some shares over a store, as core/run would have it.
func sharing(t *testing.T, store *stage.Store, all map[string]string, row string) *Sharing {
	t.Helper()
	s := config(t, all[row])
	out := &Sharing{Store: store, Warmup: keyed(t, s, StageWarmup), Pretrain: keyed(t, s, StagePretrain)}
	for _, text := range all {
		other := config(t, text)
		if keyed(t, other, StagePretrain).Key != out.Pretrain.Key {
			continue
		}
		if other.Finetune.Epochs == 0 {
			out.Selected = &Selected{*keyed(t, other, StagePretrain, other.Select), other.Select}
		} else {
			out.Wanted = true
		}
	}
	return out
}

// fitShared fits a row over a store; the examples that it trained on come back too.
func fitShared(t *testing.T, store *stage.Store, all map[string]string, row string, dies int) (text string, trained int, err error) {
	t.Helper()
	d := newDouble()
	d.left = dies
	in := checkpointed(d, &stage.Folder{Dir: t.TempDir(), Key: row})
	if store == nil {
		in.Pace = nil
	} else {
		in.Sharing = sharing(t, store, all, row)
	}
	m, err := Fit(t.Context(), d, config(t, all[row]), in)
	if err != nil {
		return "", dies - d.left, err
	}
	return outcome(t, d, m), dies - d.left, nil
}

func TestRowsThatShareStagesHaveTheNumbersOfRowsThatDoNot(t *testing.T) {
	for _, more := range []string{"", `, "fidelity": "code"`} {
		all, want, alone := rows(more), map[string]string{}, map[string]int{}
		for row := range all {
			text, trained, err := fitShared(t, nil, all, row, 0)
			if err != nil {
				t.Fatal(err)
			}
			want[row], alone[row] = text, trained
		}
		for _, order := range [][]string{{"A", "B", "lambda", "PreRec"}, {"PreRec", "lambda", "B", "A"}} {
			store, spared := stage.NewStore(t.TempDir(), claim.Options{}), map[string]int{}
			for _, row := range order {
				got, trained, err := fitShared(t, store, all, row, 0)
				if err != nil {
					t.Fatal(err)
				}
				if spared[row] = alone[row] - trained; got != want[row] {
					t.Errorf("%s %v: with the store %s ends in\n%s\nwithout it in\n%s", more, order, row, got, want[row])
				}
			}
			last := order[3]
			if last == "PreRec" && spared[last] != alone[last] || spared["lambda"] == 0 || spared["B"] == 0 {
				t.Errorf("%s %v: spared %v of %v", more, order, spared, alone)
			}
		}
	}
}

func TestRowsThatEnterFinetuningWithOtherTowersShareNoneOfThem(t *testing.T) {
	text := `"warmup": {"epochs": 2}, "pretrain": {"epochs": 3}, "finetune": {"epochs": 1}, "batch": 2, "collaborative_start": `
	all := map[string]string{"last": text + `"last"`, "best": text + `"best"`}
	for _, order := range [][]string{{"last", "best"}, {"best", "last"}} {
		store := stage.NewStore(t.TempDir(), claim.Options{})
		for _, row := range order {
			want, _, err := fitShared(t, nil, all, row, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got, _, err := fitShared(t, store, all, row, 0); err != nil || got != want {
				t.Errorf("%v: with the store %s ends in\n%s\nwithout it in\n%s\nerror %v", order, row, got, want, err)
			}
		}
	}
}

func TestAStageWhoseMakerIsKilledGoesOnInAnotherTrial(t *testing.T) {
	all := rows("")
	want, alone, err := fitShared(t, nil, all, "B", 0)
	if err != nil {
		t.Fatal(err)
	}
	for dies := 3; dies < 40; dies += 9 {
		store := stage.NewStore(t.TempDir(), claim.Options{})
		if _, _, err := fitShared(t, store, all, "A", dies); !errors.Is(err, contract.ErrDied) {
			t.Fatalf("error %v", err)
		}
		got, trained, err := fitShared(t, store, all, "B", 0)
		if err != nil || got != want {
			t.Errorf("after %d examples of A, B ends in\n%s\nalone in\n%s\nerror %v", dies, got, want, err)
		}
		if alone-trained < min(dies, 30)-6 {
			t.Errorf("after %d examples of A, B trains on %d of %d", dies, trained, alone)
		}
	}
}

func TestWhatDoesNotReachAStageDoesNotChangeIt(t *testing.T) {
	base := `"warmup": {"epochs": 1}, "pretrain": {"epochs": 1}, "finetune": {"epochs": 1}, "batch": 2`
	calls := func(text string, upTo Stage) string {
		d, _ := fit(t, text, tiny(), 7)
		marks := map[Stage]string{StageWarmup: "train collaborative next_item", StagePretrain: "train collaborative multinomial"}
		before, _, _ := strings.Cut(d.log.String(), marks[upTo])
		lines := strings.Split(before, "\n")
		return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, "encode") || line == "" }), "\n")
	}
	for more, reaches := range map[string]Stage{
		`, "targets": "all"`: "", `, "finetune_order": "index"`: "", `, "prior_on_targets": false`: "", `, "content_dropout": false`: "",
		`, "mask_token": "drop"`: "", `, "mask_text": "gone"`: "", `, "rank_batch": 3`: "", `, "select": {"rule": "last"}`: "",
		`, "templates": {"finetuning": "{user} likes {items} and"}`: "",
		`, "item_order": "index"`:                                   StagePretrain, `, "prior_scale": "batch"`: StagePretrain, `, "prior_on_unmentioned": true`: StagePretrain,
		`, "zero_prior": false`: StagePretrain, `, "templates": {"collaborative": "{user} has"}`: StagePretrain,
		`, "loss": "token_mean"`: StageWarmup, `, "predict_first": false`: StageWarmup, `, "document_order": "fixed"`: StageWarmup,
		`, "documents": ["review"]`: StageWarmup, `, "dropout": 0.3`: StageWarmup, `, "init_std": 0.5`: StageWarmup, `, "max_length": 20`: StageWarmup,
		`, "collaborative_start": "best"`: StageWarmup, `, "content_start": "best"`: StageWarmup, `, "templates": {"review": "{user} on {item}:"}`: StageWarmup, `, "optimiser": {"clip": 1}`: StageWarmup,
	} {
		a, b := config(t, base), config(t, base+more)
		for _, name := range []Stage{StageWarmup, StagePretrain} {
			same := keyed(t, a, name).Key == keyed(t, b, name).Key
			if wanted := reaches == "" || reaches == StagePretrain && name == StageWarmup; same != wanted {
				t.Errorf("%s: the key of %s is the same: %v", more, name, same)
			}
			if same && calls(base, name) != calls(base+more, name) {
				t.Errorf("%s: %s is another one under the same key:\n%s\n%s", more, name, calls(base, name), calls(base+more, name))
			}
		}
	}
}

func TestTheReportSaysWhatWasTaken(t *testing.T) {
	store, all := stage.NewStore(t.TempDir(), claim.Options{}), rows("")
	for i, row := range []string{"A", "B"} {
		d := newDouble()
		in := checkpointed(d, &stage.Folder{Dir: t.TempDir(), Key: row})
		in.Pace, in.Sharing = stage.NewPace(time.Hour), sharing(t, store, all, row)
		m, err := Fit(t.Context(), d, config(t, all[row]), in)
		if err != nil {
			t.Fatal(err)
		}
		r := m.Report()
		last := r.Stages[len(r.Stages)-1]
		if last.Stage != StagePretrain || last.Made != (i == 0) || last.Tokens == 0 || r.Seconds <= r.Earlier || len(r.Passes) != 2+6+2*(2+i) {
			t.Errorf("%s: %d passes, %+v", row, len(r.Passes), r.Stages)
		}
	}
}

func TestAStageWhoseClaimIsLostStartsOverCleanAndEndsTheSame(t *testing.T) {
	all := map[string]string{"PreRec": rows("")["PreRec"]}
	want, _, err := fitShared(t, nil, all, "PreRec", 0)
	if err != nil {
		t.Fatal(err)
	}
	dir, d := t.TempDir(), newDouble()
	in := checkpointed(d, &stage.Folder{Dir: t.TempDir(), Key: "PreRec"})
	in.Sharing = sharing(t, stage.NewStore(dir, claim.Options{Beat: time.Millisecond}), all, "PreRec")
	key, validate, lost := in.Sharing.Selected.Key, in.Validate, false
	in.Validate = func(ctx context.Context, r Ranker, metrics []string) (float64, error) {
		if lost {
			return validate(ctx, r, metrics)
		}
		lost = true
		other := filepath.Join(dir, "claims", key+".99") // takes it over, and ends without a checkpoint
		if err := os.WriteFile(other, []byte("{}"), 0o600); err != nil {
			return 0, err
		}
		<-ctx.Done()
		return 0, errors.Join(ctx.Err(), os.Remove(other), stage.Folder{Dir: filepath.Join(dir, "work", key)}.Clear())
	}
	m, err := Fit(t.Context(), d, config(t, all["PreRec"]), in)
	if err != nil || !lost {
		t.Fatalf("lost: %v, error %v", lost, err)
	}
	if got := outcome(t, d, m); got != want || len(m.Report().Stages) != 2 {
		t.Errorf("it ends in\n%s\nwithout a loss in\n%s\nand took %+v", got, want, m.Report().Stages)
	}
}
