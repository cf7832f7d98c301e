package main

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/fetch/fetchtest"
)

// withData is a shell in a folder of its own and a catalogue of one data set, tastes, which
// a mirror on the loopback has.
func withData(t *testing.T, fault fetchtest.Fault) (s *shell, mirror *fetchtest.Mirror, catalogue string) {
	s = newShell(t)
	t.Chdir(s.dir)
	t.Setenv("CLLM4REC_DATA", "")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for name, content := range map[string]string{"tastes/tastes.txt": "fakedata 30\n", "tastes/README": "terms"} {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	mirror = fetchtest.Serve(t, map[string][]byte{"/tastes.zip": archive.Bytes(), "/Tea.txt": []byte("tea")}, fault)
	text := fmt.Sprintf(`
licences: [{name: ours, terms: Tell nobody., url: "https://lab/terms"}]
datasets:
- name: tastes
  title: tastes of a few
  homepage: https://lab
  licence: ours
  cite: A. Nobody. Tastes. 2026.
  plugin: fakedata
  params: {users: 30}
  split: {method: leave_one_out}
  files: [{path: tastes.zip, archive: zip, size: %d, sha256: %s, from: ["%s/tastes.zip"]}]
  root: tastes
  at_most: 1000
- name: drinks
  title: drinks of a few
  homepage: https://lab
  licence: ours
  cite: A. Nobody. Drinks. 2026.
  categories: [Tea, Coffee]
  plugin: table
  params: {path: "{folder}/{category}.txt", columns: ["{category}"]}
  split: {method: given}
  files: [{path: "{category}.txt", from: ["%s/{category}.txt"]}]
  at_most: 1000
`, archive.Len(), fetchtest.SHA256(archive.Bytes()), mirror.URL, mirror.URL)
	return s, mirror, s.file("own.yaml", text)
}

func TestADataSetIsGotListedVerifiedAndUsed(t *testing.T) {
	s, mirror, own := withData(t, nil)
	_, stderr := s.expect(exitBadInput, "data", "get", "tastes", "--catalogue", own)
	contains(t, stderr, "Licence: https://lab/terms\nTell nobody.\nCite: A. Nobody.", "the licence of tastes was not agreed to: read https://lab/terms, then give --accept-licence")
	if len(mirror.Asked()) != 0 {
		t.Errorf("asked before the licence was agreed to: %q", mirror.Asked())
	}
	stdout, _ := s.expect(exitDone, "data", "get", "tastes", "--catalogue", own, "--accept-licence")
	contains(t, stdout, "# data/tastes: tastes of a few, 17 bytes in 2 files, all checksums right (1 downloaded)\ndatasets:\n", "name: tastes\n", "params: {users: 30}", "split: {method: leave_one_out}")
	plan := s.file("found.yaml", "name: found\n"+stdout+"evaluate: {metrics: [recall@5]}\nmethods: [{name: Popular, recommender: {plugin: fakerec}}]\n")
	s.expect(exitDone, "validate", plan)
	stdout, _ = s.expect(exitDone, "data", "get", "tastes", "--catalogue", own)
	contains(t, stdout, "(everything was there)")
	_, stderr = s.expect(exitDone, "data", "get", "tastes", "--catalogue", own, "--to", "elsewhere")
	contains(t, stderr, "The licence was agreed to on ")
	stdout, _ = s.expect(exitDone, "data", "list", "--catalogue", own)
	contains(t, stdout, "ml-100k", "4.9 MB", "drinks --category C (2)", "of the first download", "data/tastes", "ready")
	stdout, _ = s.expect(exitDone, "data", "verify", "tastes")
	contains(t, stdout, "data/tastes: tastes, 17 bytes in 2 files, all checksums right\n")
	stdout, _ = s.expect(exitDone, "data", "verify", "elsewhere")
	contains(t, stdout, "elsewhere: tastes, ")
}

func TestACategoryHasAFolderOfItsOwn(t *testing.T) {
	s, _, own := withData(t, nil)
	stdout, stderr := s.expect(exitDone, "data", "get", "drinks", "--category", "Tea", "--catalogue", own, "--accept-licence")
	contains(t, stdout, "# data/drinks/Tea: drinks of a few, 3 bytes in 1 file, held against the first download, for which no checksum is published (1 downloaded)",
		"name: drinks Tea", "columns: [Tea]", `path: '${DATA}/drinks/Tea/Tea.txt'`)
	contains(t, stderr, "NO CHECKSUM IS PUBLISHED")
	stdout, _ = s.expect(exitDone, "data", "list")
	contains(t, stdout, "data/drinks/Tea", "drinks Tea")
	s.expect(exitDone, "data", "verify", "drinks/Tea")
}

func TestWhatIsWrongWithADataSetIsExitCode2(t *testing.T) {
	s, _, own := withData(t, nil)
	s.expect(exitDone, "data", "get", "tastes", "--catalogue", own, "--accept-licence")
	if err := os.WriteFile(filepath.Join("data", "tastes", "README"), []byte("other"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.file("bad.yaml", "licences: []\n")
	for _, c := range []struct{ args, want string }{
		{"get tates --catalogue own.yaml", `has no data set "tates"; did you mean "tastes"?`},
		{"get drinks --catalogue own.yaml", "drinks has categories: name one with --category, such as Tea"},
		{"get drinks --category tee --catalogue own.yaml", `drinks has no category "tee"; did you mean "Tea"?`},
		{"get tastes --catalogue none.yaml", "none.yaml"},
		{"get tastes --catalogue bad.yaml", "bad.yaml:1:1: datasets: "},
		{"get", "get needs one NAME, got 0 arguments"},
		{"verify tastes", "README has another SHA-256"},
		{"verify none", "data/none is no folder"},
		{"gte", `did you mean "get"?`},
	} {
		_, stderr := s.expect(exitBadInput, append([]string{"data"}, strings.Fields(c.args)...)...)
		contains(t, stderr, c.want)
	}
}

func TestAMirrorThatFailsIsExitCode1AndAStoppedDownloadGoesOn(t *testing.T) {
	s, mirror, own := withData(t, fetchtest.Always(http.StatusNotFound))
	_, stderr := s.expect(exitFailure, "data", "get", "tastes", "--catalogue", own, "--accept-licence")
	contains(t, stderr, "error: tastes: tastes.zip: the server answers 404 Not Found")
	ctx, stop := context.WithCancel(t.Context())
	mirror.Break(func(w http.ResponseWriter, r *http.Request) bool {
		stop()
		<-r.Context().Done()
		return true
	})
	var told bytes.Buffer
	if code := execute(ctx, []string{"data", "get", "tastes", "--catalogue", own, "--plugins", s.plugins}, &bytes.Buffer{}, &told); code != exitFailure {
		t.Errorf("exit code %d", code)
	}
	contains(t, told.String(), "error: stopped by a signal; the same command continues")
	mirror.Break(nil)
	stdout, _ := s.expect(exitDone, "data", "get", "tastes", "--catalogue", own)
	contains(t, stdout, "(1 downloaded)")
}

func TestALicenceIsAgreedToWithAYesAlone(t *testing.T) {
	for answer, agreed := range map[string]bool{"yes\n": true, "Y\n": true, "no\n": false, "\n": false, "": false, "yes please\n": false} {
		var out bytes.Buffer
		if err := ask(strings.NewReader(answer), &out, "tastes"); (err == nil) != agreed || out.String() != "Do you agree? [yes/no] " {
			t.Errorf("%q: %v, after %q", answer, err, out.String())
		}
	}
}
