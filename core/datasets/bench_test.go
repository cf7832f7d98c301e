package datasets

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
	"cllm4rec/core/fetch/fetchtest"
)

// bench is a folder of data sets and a Getter.
type bench struct {
	*testing.T
	data  string // the folder of data sets
	notes []string
	asked []string // for which licences
	last  fetch.Progress
	free  func(string) (int64, error)
}

func newBench(t *testing.T) *bench {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	return &bench{T: t, data: t.TempDir()}
}

func (b *bench) getter() *Getter {
	return New(Options{
		Patience: fetch.Patience{Attempts: 2, Wait: time.Millisecond, MaxWait: time.Second, Stall: time.Second},
		Note:     func(format string, a ...any) { b.notes = append(b.notes, fmt.Sprintf(format, a...)) },
		Progress: func(p fetch.Progress) { b.last = p }, Free: b.free,
	})
}

func (b *bench) get(s *Set) (*Got, error) {
	b.Helper()
	return b.getWith(b.Context(), s, func(l Licence) (time.Time, error) {
		b.asked = append(b.asked, l.Name)
		return time.Now(), nil
	})
}

func (b *bench) getWith(ctx context.Context, s *Set, agree func(Licence) (time.Time, error)) (*Got, error) {
	return b.getter().Get(ctx, Want{Set: s, Licence: Licence{Name: "free", Terms: "do as you like", URL: "https://x"}, Folder: b.folder(), Agree: agree})
}

func (b *bench) folder() string { return filepath.Join(b.data, "tiny") }

func (b *bench) mustGet(s *Set) *Got {
	b.Helper()
	got, err := b.get(s)
	if err != nil {
		b.Fatal(err)
	}
	return got
}

// fails wants an error of a kind (nil: of none that the user can mend) with texts in it.
func (b *bench) fails(err, kind error, texts ...string) {
	b.Helper()
	if err == nil {
		b.Fatal("no error")
	}
	if kind != nil && !errors.Is(err, kind) || kind == nil && contract.IsBadInput(err) {
		b.Errorf("got the wrong kind of error: %v", err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			b.Errorf("no %q in: %v", text, err)
		}
	}
}

// tree lists everything below the folder of data sets, hidden files too.
func (b *bench) tree() (names []string) {
	b.Helper()
	err := fs.WalkDir(os.DirFS(b.data), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	slices.Sort(names)
	return names
}

// holds checks the finished data set: exactly these files, verified.
func (b *bench) holds(want map[string]string) {
	b.Helper()
	names := []string{"tiny/" + ManifestName}
	for name, content := range want {
		names = append(names, "tiny/"+name)
		if got, err := os.ReadFile(filepath.Join(b.folder(), name)); err != nil || string(got) != content {
			b.Errorf("%s: %v, %d bytes, want %d", name, err, len(got), len(content))
		}
	}
	slices.Sort(names)
	if got := b.tree(); !slices.Equal(got, names) {
		b.Errorf("there are %v, want %v", got, names)
	}
	if _, err := Verify(b.Context(), b.folder(), nil); err != nil {
		b.Error(err)
	}
}

// nothing checks that no data set came to be.
func (b *bench) nothing() {
	b.Helper()
	if _, err := os.Lstat(b.folder()); !errors.Is(err, fs.ErrNotExist) {
		b.Errorf("there is a folder: %v, with %v", err, b.tree())
	}
}

func (b *bench) told(want string) {
	b.Helper()
	if !slices.ContainsFunc(b.notes, func(n string) bool { return strings.Contains(n, want) }) {
		b.Errorf("no %q in what was told: %q", want, b.notes)
	}
}

// files is a small data set, which its archives have in the folder top.
var files = map[string]string{"ratings.csv": "user,item\n1,2\n", "more/README": "terms\n", "empty": ""}

// entry is one of an archive.
type entry struct {
	name, content string
	mode          fs.FileMode
	link          string
}

func entries(files map[string]string) []entry {
	all := []entry{{name: "top/", mode: fs.ModeDir | 0o755}, {name: "top/more/", mode: fs.ModeDir | 0o755}}
	for name, content := range files {
		all = append(all, entry{name: "top/" + name, content: content, mode: 0o644})
	}
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return all
}

func zipped(t *testing.T, all []entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range all {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		h.SetMode(e.mode)
		f, err := w.CreateHeader(h)
		if err == nil && !e.mode.IsDir() {
			_, err = f.Write([]byte(e.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func tarred(t *testing.T, all []entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range all {
		h := &tar.Header{Name: e.name, Mode: 0o644, Size: int64(len(e.content)), Typeflag: tar.TypeReg, Linkname: e.link}
		switch {
		case e.mode.IsDir():
			h.Typeflag, h.Size = tar.TypeDir, 0
		case e.mode&fs.ModeSymlink != 0:
			h.Typeflag, h.Size = tar.TypeSymlink, 0
		case e.mode&fs.ModeDevice != 0:
			h.Typeflag, h.Size = tar.TypeChar, 0
		case e.link != "":
			h.Typeflag, h.Size = tar.TypeLink, 0
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(e.content)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func gzipped(t *testing.T, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// set is the data set tiny, of one archive in the folder top.
func set(path string, archive Archive, content []byte, mirrors ...*fetchtest.Mirror) *Set {
	d := Download{Path: path, Archive: archive, Size: int64(len(content)), SHA256: fetchtest.SHA256(content)}
	for _, m := range mirrors {
		d.From = append(d.From, m.URL+"/"+path)
	}
	return &Set{Name: "tiny", Plugin: "table", Files: []Download{d}, Root: "top", AtMost: 10_000}
}

// serve starts a mirror of one file.
func serve(t *testing.T, path string, content []byte) *fetchtest.Mirror {
	return fetchtest.Serve(t, map[string][]byte{"/" + path: content}, nil)
}
