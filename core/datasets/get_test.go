package datasets

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch/fetchtest"
)

func TestEveryKindOfArchiveIsUnpacked(t *testing.T) {
	for _, c := range []struct {
		path    string
		archive Archive
		content []byte
	}{
		{"tiny.zip", Zip, zipped(t, entries(files))},
		{"tiny.tar", Tar, tarred(t, entries(files))},
		{"tiny.tar.gz", TarGz, gzipped(t, tarred(t, entries(files)))},
	} {
		t.Run(c.path, func(t *testing.T) {
			b := newBench(t)
			m := serve(t, c.path, c.content)
			s := set(c.path, c.archive, c.content, m)
			got := b.mustGet(s)
			b.holds(files)
			if got.Downloaded != 1 || len(got.Files) != 3 || !got.Sources[0].Published || got.Sources[0].From != m.URL+"/"+c.path {
				t.Errorf("got %+v", got.Manifest)
			}
			if got := b.mustGet(s); got.Downloaded != 0 || len(m.Asked()) != 1 {
				t.Errorf("the second time %d downloaded, %d requests", got.Downloaded, len(m.Asked()))
			}
			s.Files[0].SHA256 = fetchtest.SHA256(nil)
			b.mustGet(s)
			b.told("the catalogue lists another content of " + c.path)
			if len(b.asked) != 1 {
				t.Errorf("asked to agree %d times, want before the download alone", len(b.asked))
			}
		})
	}
}

func TestPlainAndGzippedFilesLieSideBySide(t *testing.T) {
	b := newBench(t)
	plain, packed := []byte("1 2 3\n"), gzipped(t, []byte("unpacked"))
	m := fetchtest.Serve(t, map[string][]byte{"/a.txt": plain, "/b.json.gz": packed, "/c.gz": packed}, nil)
	s := &Set{Name: "tiny", AtMost: 1000, Files: []Download{
		{Path: "sub/a.txt", Archive: Plain, From: []string{m.URL + "/a.txt"}},
		{Path: "b.json.gz", Archive: Plain, From: []string{m.URL + "/b.json.gz"}},
		{Path: "c.gz", Archive: Gz, From: []string{m.URL + "/c.gz"}},
	}}
	b.mustGet(s)
	b.holds(map[string]string{"sub/a.txt": "1 2 3\n", "b.json.gz": string(packed), "c": "unpacked"})
}

func TestWithoutAChecksumTheFirstDownloadIsRecordedAndHolds(t *testing.T) {
	b := newBench(t)
	content := zipped(t, entries(files))
	published := map[string][]byte{"/tiny.zip": content}
	m := fetchtest.Serve(t, published, nil)
	s := set("tiny.zip", Zip, content, m)
	s.Files[0].SHA256, s.Files[0].Size = "", 0
	got := b.mustGet(s)
	b.holds(files)
	b.told("NO CHECKSUM IS PUBLISHED")
	b.told(fetchtest.SHA256(content))
	if got.Sources[0].Published || got.Sources[0].SHA256 != fetchtest.SHA256(content) {
		t.Errorf("recorded %+v", got.Sources[0])
	}
	if err := os.Remove(filepath.Join(b.folder(), "ratings.csv")); err != nil {
		t.Fatal(err)
	}
	published["/tiny.zip"] = zipped(t, entries(map[string]string{"ratings.csv": "other"}))
	_, err := b.get(s)
	b.fails(err, nil, "no checksum is published, and the first download had another content", "move "+b.folder()+" away")
	published["/tiny.zip"] = content
	b.mustGet(s)
	b.holds(files)
}

func TestABadFirstDownloadWithoutAChecksumIsNotKept(t *testing.T) {
	b := newBench(t)
	content := zipped(t, entries(files))
	published := map[string][]byte{"/tiny.zip": content[:len(content)-30]}
	s := set("tiny.zip", Zip, content, fetchtest.Serve(t, published, nil))
	s.Files[0].SHA256, s.Files[0].Size = "", 0
	_, err := b.get(s)
	b.fails(err, contract.ErrBadData, "nothing of it is kept")
	published["/tiny.zip"] = content
	b.mustGet(s)
	b.holds(files)
}

func TestTheWrongSumOfOneMirrorAndTheRightOneOfTheNext(t *testing.T) {
	b := newBench(t)
	content := zipped(t, entries(files))
	wrong := slices.Clone(content)
	wrong[40]++
	first, page := serve(t, "tiny.zip", wrong), serve(t, "tiny.zip", []byte("<html>moved</html>"))
	b.mustGet(set("tiny.zip", Zip, content, first, page, serve(t, "tiny.zip", content)))
	b.holds(files)
	b.told("the content has the SHA-256")
	b.told("of a web page, expected")
	_, err := newBench(t).get(set("tiny.zip", Zip, content, first, page))
	b.fails(err, nil, "tiny: tiny.zip: none of its 2 addresses gives it", first.URL+"/tiny.zip: the content has", page.URL+"/tiny.zip: the server offers 18 bytes of a web page")
}

func TestAKilledDownloadGoesOn(t *testing.T) {
	b := newBench(t)
	content := zipped(t, append(entries(files), entry{name: "top/noise", content: string(fetchtest.Noise(5000)), mode: 0o644}))
	m := serve(t, "tiny.zip", content)
	ctx, kill := context.WithCancel(t.Context())
	m.Break(func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("ETag", fetchtest.ETag(content))
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		_, _ = w.Write(content[:3000])
		_ = http.NewResponseController(w).Flush()
		for r.Context().Err() == nil { // until the client has written it
			if info, err := os.Stat(filepath.Join(b.data, ".tiny.part", downloads, "tiny.zip.part")); err == nil && info.Size() == 3000 {
				kill()
			}
			time.Sleep(time.Millisecond)
		}
		return true
	})
	s := set("tiny.zip", Zip, content, m)
	_, err := b.getWith(ctx, s, func(Licence) (time.Time, error) { return time.Now(), nil })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	b.nothing()
	if there, err := List(b.data); err != nil || len(there) != 1 || there[0].Problem != "download unfinished" {
		t.Errorf("listed %+v, %v", there, err)
	}
	m.Break(nil)
	b.mustGet(s)
	if got := m.Asked(); !slices.Equal(got, []string{"", "bytes=3000-"}) {
		t.Errorf("asked for %q", got)
	}
	if names := b.tree(); slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, ".") }) {
		t.Errorf("there are %v", names)
	}
}

func TestADownloadThatWasCompleteIsNotAskedForAgain(t *testing.T) {
	b := newBench(t)
	content := zipped(t, append(entries(files), entry{name: "top/../../out", mode: 0o644}))
	m := serve(t, "tiny.zip", content)
	s := set("tiny.zip", Zip, content, m)
	for range 2 {
		_, err := b.get(s)
		b.fails(err, contract.ErrBadData, `tiny: tiny.zip: the entry "top/../../out" is no plain path inside the folder`)
		b.nothing()
	}
	if len(m.Asked()) != 1 {
		t.Errorf("%d requests", len(m.Asked()))
	}
}

func TestADamagedFolderIsMadeAnewAndTheUsersFilesStay(t *testing.T) {
	b := newBench(t)
	content := zipped(t, entries(files))
	s := set("tiny.zip", Zip, content, serve(t, "tiny.zip", content))
	b.mustGet(s)
	damage := func() {
		if err := os.WriteFile(filepath.Join(b.folder(), "ratings.csv"), []byte("user,item\n1,3\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	damage()
	_, err := Verify(t.Context(), b.folder(), nil)
	b.fails(err, contract.ErrBadData, "ratings.csv has another SHA-256", "mend it: cllm4rec data get tiny --to "+b.folder())
	b.mustGet(s)
	b.holds(files)
	b.told("is damaged and is made anew: ratings.csv has another SHA-256")
	damage()
	mine := filepath.Join(b.folder(), "notes.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = b.get(s)
	b.fails(err, contract.ErrInvalid, "has files that no download brought (notes.txt)")
	if text, err := os.ReadFile(mine); err != nil || string(text) != "mine" {
		t.Errorf("%v: %q", err, text)
	}
}

func TestWhatIsInTheWayIsNamed(t *testing.T) {
	content := zipped(t, entries(files))
	for name, c := range map[string]struct {
		make func(b *bench) error
		want string
	}{
		"a file":          {func(b *bench) error { return os.WriteFile(b.folder(), nil, 0o644) }, "is there and is no folder (a file)"},
		"a link":          {func(b *bench) error { return os.Symlink(b.T.TempDir(), b.folder()) }, "is there and is no folder"},
		"a folder":        {func(b *bench) error { return write(b.folder(), "mine.csv", "x") }, "is there with files that no download brought (mine.csv)"},
		"another set":     {func(b *bench) error { return write(b.folder(), ManifestName, manifestOf("other")) }, "holds the data set other"},
		"damaged records": {func(b *bench) error { return write(b.folder(), ManifestName, "{") }, ManifestName + " is damaged"},
		"another process": {func(b *bench) error {
			return os.WriteFile(filepath.Join(b.data, ".tiny.part"), nil, 0o644)
		}, "there is a file in its way"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			if err := c.make(b); err != nil {
				t.Fatal(err)
			}
			m := serve(t, "tiny.zip", content)
			_, err := b.get(set("tiny.zip", Zip, content, m))
			if err == nil || !contract.IsBadInput(err) || !strings.Contains(err.Error(), c.want) || len(m.Asked()) > 0 {
				t.Errorf("got %v after %d requests", err, len(m.Asked()))
			}
		})
	}
	b := newBench(t)
	if err := os.Mkdir(b.folder(), 0o755); err != nil { // empty: nothing is lost
		t.Fatal(err)
	}
	b.mustGet(set("tiny.zip", Zip, content, serve(t, "tiny.zip", content)))
	b.holds(files)
}

func write(dir, name, content string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644)
}

func manifestOf(name string) string {
	return `{"name": "` + name + `", "licence": {"name": "", "terms": "", "url": "", "digest": "", "agreed": "2026-01-02T03:04:05Z"}, "sources": [], "files": [{"name": "a", "size": 0, "sha256": "` + fetchtest.SHA256(nil) + `"}]}`
}

func TestNothingIsDownloadedBeforeTheLicenceIsAgreedTo(t *testing.T) {
	b := newBench(t)
	content := zipped(t, entries(files))
	m := serve(t, "tiny.zip", content)
	no := contract.Errorf(contract.ErrInvalid, "not agreed")
	_, err := b.getWith(t.Context(), set("tiny.zip", Zip, content, m), func(Licence) (time.Time, error) { return time.Time{}, no })
	if !errors.Is(err, no) || len(m.Asked()) != 0 || len(b.tree()) != 0 {
		t.Errorf("got %v, %d requests, %v", err, len(m.Asked()), b.tree())
	}
}

func TestAFullDiskIsSeenBeforeAndToldAfter(t *testing.T) {
	b := newBench(t)
	content := zipped(t, append(entries(files), entry{name: "top/zeros", content: strings.Repeat("0", 2_000_000), mode: 0o644}))
	m := serve(t, "tiny.zip", content)
	s := set("tiny.zip", Zip, content, m)
	s.AtMost = 3_000_000
	b.free = func(string) (int64, error) { return 3_000_100, nil }
	_, err := b.get(s)
	b.fails(err, nil, b.data+" has no room: up to 3.0 MB are needed, 3.0 MB are free")
	if len(m.Asked()) != 0 {
		t.Errorf("%d requests", len(m.Asked()))
	}
	b.free = nil
	fetchtest.LimitFiles(t, 1_000_000) // the archive fits, what is in it does not
	_, err = b.get(s)
	b.fails(err, nil, "tiny: tiny.zip: zeros cannot be written", "file too large")
	b.nothing()
}

func TestALicenceIsRememberedByWhatItSays(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	l := Licence{Name: "some", Terms: "research only", URL: "https://x"}
	if _, ok, err := l.Agreed(); ok || err != nil {
		t.Fatalf("agreed to before: %v", err)
	}
	when := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := l.Agree(when); err != nil {
		t.Fatal(err)
	}
	if got, ok, err := l.Agreed(); !ok || err != nil || !got.Equal(when) {
		t.Errorf("got %v, %v, %v", got, ok, err)
	}
	renamed := l
	renamed.Name = "another name"
	if _, ok, _ := renamed.Agreed(); !ok {
		t.Error("the same terms under another name are asked for again")
	}
	l.Terms += " from now on"
	if _, ok, _ := l.Agreed(); ok {
		t.Error("other terms count as agreed to")
	}
}
