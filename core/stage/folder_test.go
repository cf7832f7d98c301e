package stage

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

type state struct {
	Epoch int `json:"epoch"`
}

// folder has a committed state with two files.
func folder(t *testing.T) Folder {
	t.Helper()
	f := Folder{Dir: t.TempDir(), Key: "abc"}
	put(t, f, "1-a.tower", "first")
	put(t, f, "1-b.tower", "second")
	if err := f.Commit(state{1}, "1-a.tower", "1-b.tower"); err != nil {
		t.Fatal(err)
	}
	return f
}

func put(t *testing.T, f Folder, name, content string) {
	t.Helper()
	if err := os.WriteFile(f.Path(name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func files(t *testing.T, f Folder) []string {
	t.Helper()
	entries, err := os.ReadDir(f.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestACommitReplacesTheOneBeforeAndItsFiles(t *testing.T) {
	f := folder(t)
	put(t, f, "2-a.tower", "third")
	var s state
	if err := f.Read(&s); err != nil || s.Epoch != 1 {
		t.Fatalf("before the commit: %+v, error %v", s, err)
	}
	if err := f.Commit(state{2}, "2-a.tower", "1-b.tower"); err != nil {
		t.Fatal(err)
	}
	if err := f.Read(&s); err != nil || s.Epoch != 2 {
		t.Errorf("after it: %+v, error %v", s, err)
	}
	if got := files(t, f); !slices.Equal(got, []string{"1-b.tower", "2-a.tower", ManifestFile}) {
		t.Errorf("files %v", got)
	}
}

func TestSweepKeepsWhatTheManifestOrTheCallerNames(t *testing.T) {
	f := folder(t)
	put(t, f, "3-best.tower", "kept")
	put(t, f, "2-best.tower", "left behind")
	if err := f.Sweep("3-best.tower"); err != nil {
		t.Fatal(err)
	}
	if got := files(t, f); !slices.Equal(got, []string{"1-a.tower", "1-b.tower", "3-best.tower", ManifestFile}) {
		t.Errorf("files %v", got)
	}
}

func TestAFolderWithoutACommitIsNotFound(t *testing.T) {
	f := Folder{Dir: t.TempDir(), Key: "abc"}
	put(t, f, "1-a.tower", "half")
	if err := f.Read(&state{}); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("error %v", err)
	}
}

func TestWhatIsDamagedOrOfSomethingElseIsNamed(t *testing.T) {
	replace := func(name, old, new string) func(*testing.T, *Folder) {
		return func(t *testing.T, f *Folder) {
			raw, err := os.ReadFile(f.Path(name))
			if err != nil {
				t.Fatal(err)
			}
			put(t, *f, name, strings.Replace(string(raw), old, new, 1))
		}
	}
	for why, spoil := range map[string]func(*testing.T, *Folder){
		"is of the key abc, not of xyz":                          func(_ *testing.T, f *Folder) { f.Key = "xyz" },
		"1-a.tower does not exist":                               func(_ *testing.T, f *Folder) { _ = os.Remove(f.Path("1-a.tower")) },
		"1-a.tower has 3 bytes, expected 5":                      replace("1-a.tower", "st", ""),
		"1-b.tower has another checksum than when it was writte": replace("1-b.tower", "s", "t"),
		"form 2; this program reads form 1":                      replace(ManifestFile, `"form": 1`, `"form": 2`),
		"damaged: it has another checksum":                       replace(ManifestFile, `"epoch": 1`, `"epoch": 3`),
		"damaged: invalid character":                             replace(ManifestFile, "{", "("),
		"unknown field":                                          replace(ManifestFile, `"form"`, `"more": 1, "form"`),
	} {
		f := folder(t)
		spoil(t, &f)
		s := state{}
		if err := f.Read(&s); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), why) || s.Epoch != 0 {
			t.Errorf("%s: state %+v, error %v", why, s, err)
		}
		var said string
		found, err := f.Resume(&s, func() error { return nil }, func(text string) { said = text })
		if found || err != nil || !strings.Contains(said, why) || len(files(t, f)) > 0 {
			t.Errorf("%s: found %v, said %q, left %v, error %v", why, found, said, files(t, f), err)
		}
	}
}

func TestCheckpointsComeAtTheirPace(t *testing.T) {
	var none *Pace
	if NewPace(0).Due() || none.Due() {
		t.Error("a checkpoint is due though there are none")
	}
	p := &Pace{Every: 1}
	if !p.Due() {
		t.Error("none is due after the time")
	}
	if err := p.Write(func() error { return nil }); err != nil || NewPace(1<<40).Due() {
		t.Errorf("due at the beginning, or error %v", err)
	}
	p.Least, p.took = 1<<40, 1
	if p.Due() || p.Interval() != 1<<40 {
		t.Errorf("the next one comes after %s", p.Interval())
	}
}
