package host_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/host"
)

const fakeManifest = "kind: recommender\nname: fakerec\ncontract: 2\ncommand: [./fakerec]\nfiles: [data.txt]\nenvironment: [MINE_*]\n"

// writeManifestPlugin puts the fake recommender into a folder with a manifest: this test
// binary under the fake's name.
func writeManifestPlugin(t *testing.T, dir, text string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	err = errors.Join(err, os.MkdirAll(dir, 0o755),
		os.WriteFile(filepath.Join(dir, "fakerec"), program, 0o755),
		os.WriteFile(filepath.Join(dir, "data.txt"), []byte("1\n"), 0o644),
		os.WriteFile(filepath.Join(dir, "plugin.yaml"), []byte(text), 0o644))
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dirs ...string) *host.Host {
	t.Helper()
	h, err := host.Open(host.Options{Dirs: dirs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close(t.Context()) })
	return h
}

func TestAPluginWithAManifestRunsInItsFolder(t *testing.T) {
	below, itself := t.TempDir(), filepath.Join(t.TempDir(), "any name")
	writeManifestPlugin(t, filepath.Join(below, "baselines", "fakerec"), fakeManifest)
	writeManifestPlugin(t, itself, fakeManifest)
	for _, dir := range []string{below, itself} {
		h := open(t, dir)
		all, err := h.List()
		if err != nil || len(all) != 1 || all[0].Name != "fakerec" || !all[0].HasManifest() {
			t.Fatalf("found %+v, error %v", all, err)
		}
		r, err := h.Recommender(t.Context(), "fakerec", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Plugin.Fit(t.Context(), spec(), train(3), nil); err != nil {
			t.Error(err)
		}
		if at, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(r.PID()), "cwd")); err == nil && at != filepath.Dir(all[0].Path) {
			t.Errorf("it runs in %s", at)
		}
		before := r.Checksum
		if err := errors.Join(r.Stop(t.Context()), os.WriteFile(filepath.Join(filepath.Dir(all[0].Path), "data.txt"), []byte("2\n"), 0o644)); err != nil {
			t.Fatal(err)
		}
		again, err := h.Launch(t.Context(), contract.KindRecommender, "fakerec")
		if err != nil {
			t.Fatal(err)
		}
		if again.Checksum == before || len(before) != 64 {
			t.Errorf("the checksum is %s before and %s after a change of data.txt", before, again.Checksum)
		}
	}
}

func TestAManifestLetsItsVariablesThroughAndNoOthers(t *testing.T) {
	t.Setenv("MINE_ONE", "1")
	t.Setenv("YOURS", "2")
	dir := t.TempDir()
	writeManifestPlugin(t, dir, fakeManifest)
	r, err := open(t, dir).Recommender(t.Context(), "fakerec", nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(r.PID()), "environ"))
	if err != nil {
		t.Skipf("NOT PROVED HERE: what environment a plugin has; there is no /proc (%v)", err)
	}
	env := strings.Split(string(raw), "\x00")
	if !slices.Contains(env, "MINE_ONE=1") || slices.Contains(env, "YOURS=2") {
		t.Errorf("its environment is %q", env)
	}
}

func TestAManifestThatDoesNotFitIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		text     string
		sentinel error
		words    string
	}{
		"another name":           {strings.Replace(fakeManifest, "name: fakerec", "name: other", 1), contract.ErrInvalid, `is of the recommender plugin "other", but lies in the folder of the recommender plugin "fakerec"`},
		"another kind":           {strings.Replace(fakeManifest, "kind: recommender", "kind: dataset", 1), contract.ErrInvalid, "is of the dataset plugin"},
		"another contract":       {strings.Replace(fakeManifest, "contract: 2", "contract: 9", 1), contract.ErrUnsupported, "is written for version 9 of the recommender contract, this program speaks version 2"},
		"a program that is not":  {strings.Replace(fakeManifest, "./fakerec", "no-such-program", 1), contract.ErrNotFound, `runs "no-such-program", which is not on PATH`},
		"an absolute one":        {strings.Replace(fakeManifest, "./fakerec", "/no/such/program", 1), contract.ErrNotFound, "/no/such/program, which does not exist"},
		"a file for its program": {strings.Replace(fakeManifest, "./fakerec", "./data.txt", 1), contract.ErrInvalid, "not executable: chmod +x"},
		"an unknown key":         {fakeManifest + "colour: red\n", contract.ErrInvalid, "colour: unknown key"},
	} {
		dir := t.TempDir()
		writeManifestPlugin(t, filepath.Join(dir, "baselines", "fakerec"), c.text)
		h := open(t, dir)
		if all, err := h.List(); err != nil || len(all) != 1 {
			t.Errorf("%s: found %v, error %v", name, all, err)
		}
		_, err := h.Recommender(t.Context(), "fakerec", nil)
		mustBe(t, err, c.sentinel, c.words)
	}
}

func TestAFolderThatIsAPluginIsReadWhenTheHostIsAsked(t *testing.T) {
	dir := t.TempDir()
	writeManifestPlugin(t, dir, "kind: recommender\n")
	_, err := open(t, dir).List()
	mustBe(t, err, contract.ErrInvalid, "plugin.yaml", "name")
}
