package cllm4rec

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/claim"
	"cllm4rec/core/contract"
	"cllm4rec/core/stage"
)

// oneFinetuning are rows that differ in what follows finetuning alone.
func oneFinetuning(more string) map[string]string {
	base := `"pretrain": {"epochs": 2}, "warmup": {"epochs": 1}, "finetune": {"epochs": 3, "lr": 0.02}, "batch": 2, ` + more
	return map[string]string{
		"Base":  base,
		"Joint": base + `, "joint": {"with": "EASE", "gamma": 2, "epochs": 2}`,
	}
}

// fitEnds fits a row that shares all its stages over a store, which keeps those of Keeps; it
// returns its tower with the log, what it took, and how many examples it trained on.
func fitEnds(t *testing.T, store *stage.Store, text string, keeps bool, dies int) (end string, taken []Taken, trained int, err error) {
	t.Helper()
	d, s := newDouble(), config(t, text)
	d.left = dies
	in := checkpointed(d, &stage.Folder{Dir: t.TempDir(), Key: "row"})
	if store != nil {
		in.Sharing = &Sharing{
			Store: store, Warmup: keyed(t, s, StageWarmup), Pretrain: keyed(t, s, StagePretrain), Finetune: keyed(t, s, StageFinetune),
			Keeps: func(r *Shared, seconds float64) bool { return keeps && seconds > 0 },
		}
		if s.Joint != nil {
			in.Sharing.Joint = keyed(t, s, StageJoint)
		}
	}
	m, err := Fit(t.Context(), d, s, in)
	if err != nil {
		return "", nil, dies - d.left, err
	}
	raw, err := json.Marshal(d.towers[towerCollaborative])
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	for _, e := range m.Log() {
		fmt.Fprintln(&log, e.Stage, e.Epoch, e.Tower, e.Steps, e.Examples, e.Tokens, e.LearningRate, e.Validation != nil)
	}
	return string(raw) + log.String(), m.Report().Stages, dies - d.left, nil
}

// selections are with and without a best epoch of finetuning.
func selections() []string { return []string{`"select": {"rule": "last"}`, `"select": {"every": 1}`} }

func TestRowsThatDifferBehindFinetuningShareIt(t *testing.T) {
	for _, more := range selections() {
		all, alone, want := oneFinetuning(more), map[string]int{}, map[string]string{}
		for row := range all {
			var err error
			if want[row], _, alone[row], err = fitEnds(t, nil, all[row], false, 0); err != nil {
				t.Fatal(err)
			}
		}
		for _, order := range [][]string{{"Base", "Joint"}, {"Joint", "Base"}} {
			store := stage.NewStore(t.TempDir(), claim.Options{})
			for i, row := range order {
				got, taken, trained, err := fitEnds(t, store, all[row], true, 0)
				if err != nil || got != want[row] {
					t.Errorf("%s %v: with the store %s ends in\n%s\nwithout it in\n%s\nerror %v", more, order, row, got, want[row], err)
				}
				if i == 1 && trained != alone[row]-alone["Base"] {
					t.Errorf("%s %v: %s trains on %d of %d examples", more, order, row, trained, alone[row])
				}
				if last := taken[len(taken)-1]; i == 1 && row == "Base" && (last.Stage != StageFinetune || last.Made) {
					t.Errorf("%s %v: %s took %+v", more, order, row, taken)
				}
			}
			if got, taken, trained, err := fitEnds(t, store, all["Joint"], true, 0); err != nil || trained != 0 || got == "" || taken[0].Stage != StageJoint {
				t.Errorf("%s %v: a second Joint trains on %d examples and takes %+v, error %v", more, order, trained, taken, err)
			}
		}
	}
}

func TestAFinetuningWhoseMakerIsKilledGoesOnInAnotherRow(t *testing.T) {
	all := oneFinetuning(selections()[1])
	want, _, alone, err := fitEnds(t, nil, all["Joint"], false, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, left := range []int{22, 15, 8} { // of Joint's examples, when Base is killed in its finetuning
		store, dies := stage.NewStore(t.TempDir(), claim.Options{}), alone-left
		if _, _, _, err := fitEnds(t, store, all["Base"], true, dies); !errors.Is(err, contract.ErrDied) {
			t.Fatalf("error %v", err)
		}
		got, _, trained, err := fitEnds(t, store, all["Joint"], true, 0)
		if err != nil || got != want {
			t.Errorf("after %d examples of Base, Joint ends in\n%s\nalone in\n%s\nerror %v", dies, got, want, err)
		}
		if trained > left+6 {
			t.Errorf("after %d examples of Base, Joint trains on %d of %d", dies, trained, alone)
		}
	}
}

func TestAFinetuningThatIsNotWorthItsPlaceLeavesNothing(t *testing.T) {
	for _, more := range selections() {
		dir, text := t.TempDir(), oneFinetuning(more)["Joint"]
		want, _, _, err := fitEnds(t, nil, text, false, 0)
		if err != nil {
			t.Fatal(err)
		}
		store := stage.NewStore(dir, claim.Options{})
		got, taken, _, err := fitEnds(t, store, text, false, 0)
		if err != nil || got != want || len(taken) != 2 || taken[1].Stage != StagePretrain {
			t.Errorf("%s: it ends in\n%s\nwithout a store in\n%s\nand took %+v, error %v", more, got, want, taken, err)
		}
		if all, err := store.List(); err != nil || len(all) != 2 {
			t.Errorf("%s: the store has %+v, error %v", more, all, err)
		}
	}
}

func TestADamagedFinetuningIsMadeAnew(t *testing.T) {
	dir, text := t.TempDir(), oneFinetuning(selections()[0])["Base"]
	store := stage.NewStore(dir, claim.Options{})
	want, _, _, err := fitEnds(t, store, text, true, 0)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, keyed(t, config(t, text), StageFinetune).Key, "*.tower"))
	if err != nil || len(files) == 0 {
		t.Fatalf("towers %v, error %v", files, err)
	}
	if err := os.WriteFile(files[0], []byte("spoiled"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, taken, _, err := fitEnds(t, store, text, true, 0)
	if err != nil || got != want || !taken[len(taken)-1].Made {
		t.Errorf("it ends in\n%s\nbefore the damage in\n%s\nand took %+v, error %v", got, want, taken, err)
	}
}

func TestWhatFollowsFinetuningIsNoPartOfItsKey(t *testing.T) {
	base := `"pretrain": {"epochs": 1}, "finetune": {"epochs": 1}, "batch": 2, "select": {"rule": "last"}`
	for more, same := range map[string]bool{
		`, "joint": {"with": "EASE", "gamma": 2}`: true, `, "prompts": 4`: true, `, "cold": {"user": "mean"}`: true, `, "rank_batch": 3`: true,
		`, "finetune": {"epochs": 1, "mask": 0.5}`: false, `, "targets": "all"`: false, `, "content_dropout": false`: false, `, "pretrain": {"epochs": 2}`: false,
		`, "templates": {"finetuning": "{user} likes {items} and"}`: false, `, "select": {"every": 1}`: false,
	} {
		a, b := config(t, base), config(t, base+more)
		if got := keyed(t, a, StageFinetune).Key == keyed(t, b, StageFinetune).Key; got != same {
			t.Errorf("%s: the key of finetuning is the same: %v", more, got)
		}
	}
	selecting := strings.Replace(base, `"rule": "last"`, `"every": 1`, 1)
	if keyed(t, config(t, selecting), StageFinetune).Key == keyed(t, config(t, selecting+`, "prompts": 4`), StageFinetune).Key {
		t.Error("validations that average over prompts choose under the key of those that do not")
	}
}
