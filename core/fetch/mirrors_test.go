package fetch

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch/fetchtest"
)

// bench is a folder and a client that downloads to it.
type bench struct {
	*testing.T
	dir   string
	notes []string
	done  int64
}

func newBench(t *testing.T) *bench { return &bench{T: t, dir: filepath.Join(t.TempDir(), "folder")} }

// serve starts a mirror that has content as data.zip.
func serve(t *testing.T, content []byte, fault fetchtest.Fault) *fetchtest.Mirror {
	return fetchtest.Serve(t, map[string][]byte{"/data.zip": content}, fault)
}

// then lets one fault answer first and another after it.
func then(first, rest fetchtest.Fault) fetchtest.Fault {
	first = fetchtest.Once(first)
	return func(w http.ResponseWriter, r *http.Request) bool { return first(w, r) || rest(w, r) }
}

func (b *bench) get(ctx context.Context, file File) (*Fetched, error) {
	b.Helper()
	to, err := OpenFolder(b.dir, ".lock")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := to.Close(); err != nil {
			b.Error(err)
		}
	}()
	c := New(Options{
		Patience: Patience{Attempts: 2, Wait: time.Millisecond, MaxWait: time.Second, Stall: time.Second},
		Note:     func(format string, a ...any) { b.notes = append(b.notes, fmt.Sprintf(format, a...)) },
	})
	b.done = 0
	return c.Download(ctx, to, file, func(n int) { b.done += int64(n) })
}

// has checks the file and that nothing else is in the folder.
func (b *bench) has(content []byte) {
	b.Helper()
	if got, err := os.ReadFile(filepath.Join(b.dir, "data.zip")); err != nil || !bytes.Equal(got, content) {
		b.Errorf("the file has %d bytes, want %d: %v", len(got), len(content), err)
	}
	if names := b.names(); !slices.Equal(names, []string{"data.zip"}) {
		b.Errorf("the folder holds %v", names)
	}
	if b.done != int64(len(content)) {
		b.Errorf("told %d bytes of %d", b.done, len(content))
	}
}

func (b *bench) names() (names []string) {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		b.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (b *bench) told(wants ...string) {
	b.Helper()
	for _, want := range wants {
		if !slices.ContainsFunc(b.notes, func(n string) bool { return strings.Contains(n, want) }) {
			b.Errorf("no %q in what was told: %q", want, b.notes)
		}
	}
}

// known is the file with everything that is known of it.
func known(content []byte, from ...*fetchtest.Mirror) File {
	f := File{Path: "data.zip", Size: int64(len(content)), Digest: Digest{SHA256: fetchtest.SHA256(content)}}
	for _, m := range from {
		f.From = append(f.From, m.URL+"/data.zip")
	}
	return f
}

// unknown is the file as where nothing is published of it.
func unknown(from ...*fetchtest.Mirror) File {
	f := known(nil, from...)
	f.Size, f.Digest = UnknownSize, Digest{}
	return f
}

func TestTheNextMirrorGivesWhatOneDoesNot(t *testing.T) {
	content := fetchtest.Noise(100_000)
	wrong := slices.Clone(content)
	wrong[7]++
	page := []byte("<!DOCTYPE html><html><body>This host has moved</body></html>")
	for name, bad := range map[string]struct {
		mirror *fetchtest.Mirror
		told   string
	}{
		"not found":      {serve(t, nil, fetchtest.Always(404)), "the server answers 404 Not Found"},
		"busy":           {serve(t, nil, fetchtest.Always(503)), "the server answers 503 Service Unavailable; given up after 2 attempts"},
		"a wrong sum":    {serve(t, wrong, nil), "the content has the SHA-256 " + fetchtest.SHA256(wrong)},
		"another length": {serve(t, content[:5], nil), "the server offers 5 bytes, expected 100000"},
		"a web page":     {serve(t, page, nil), "the server offers 60 bytes of a web page, expected 100000"},
	} {
		t.Run(name, func(t *testing.T) {
			b, good := newBench(t), serve(t, content, nil)
			got, err := b.get(t.Context(), known(content, bad.mirror, good))
			if err != nil {
				t.Fatal(err)
			}
			b.has(content)
			b.told(bad.mirror.URL+"/data.zip does not give it: "+bad.told, "; asking "+good.URL)
			if got.From != good.URL+"/data.zip" || got.SHA256 != fetchtest.SHA256(content) || !got.Verified {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestEveryReasonIsToldWhenNoMirrorGivesTheFile(t *testing.T) {
	b, content := newBench(t), fetchtest.Noise(1000)
	gone, busy, other := serve(t, nil, fetchtest.Always(410)), serve(t, nil, fetchtest.Always(500)), serve(t, fetchtest.Noise(1000)[1:], nil)
	dead := serve(t, nil, nil)
	dead.Close()
	_, err := b.get(t.Context(), known(content, gone, busy, other, dead))
	if err == nil || contract.IsBadInput(err) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{
		"data.zip: none of its 4 addresses gives it:\n",
		gone.URL + "/data.zip: the server answers 410 Gone\n",
		busy.URL + "/data.zip: the server answers 500",
		other.URL + "/data.zip: the server offers 999 bytes, expected 1000\n",
		dead.URL + "/data.zip: dial tcp", "connection refused",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
	if slices.Contains(b.names(), "data.zip") {
		t.Errorf("the folder holds %v", b.names())
	}
}

func TestAPartGoesOnFromTheNextMirror(t *testing.T) {
	b, content := newBench(t), fetchtest.Noise(100_000)
	first := serve(t, content, then(fetchtest.Cut(content, 40_000), fetchtest.Always(502)))
	second := serve(t, content, func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("If-Range") != "" {
			t.Errorf("asked with the other server's ETag %s", r.Header.Get("If-Range"))
		}
		return false
	})
	if _, err := b.get(t.Context(), known(content, first, second)); err != nil {
		t.Fatal(err)
	}
	b.has(content)
	if !slices.Equal(second.Asked(), []string{"bytes=40000-"}) {
		t.Errorf("the second mirror was asked for %q", second.Asked())
	}
}

func TestAPoisonedPartIsDownloadedAgainFromTheLastMirror(t *testing.T) {
	b, content := newBench(t), fetchtest.Noise(100_000)
	first := serve(t, content, then(fetchtest.Cut(fetchtest.Noise(100_001)[:100_000], 40_000), fetchtest.Always(404)))
	if _, err := b.get(t.Context(), known(content, first, serve(t, content, nil))); err != nil {
		t.Fatal(err)
	}
	b.has(content)
	b.told("downloading it again from the start")
}

func TestAnMD5IsHeldAgainstTheContent(t *testing.T) {
	b, content := newBench(t), fetchtest.Noise(1000)
	sum := md5.Sum(content)
	file := known(content, serve(t, fetchtest.Noise(1001)[:1000], nil), serve(t, content, nil))
	file.Size, file.Digest = UnknownSize, Digest{MD5: hex.EncodeToString(sum[:])}
	got, err := b.get(t.Context(), file)
	if err != nil || got.SHA256 != fetchtest.SHA256(content) || !got.Verified {
		t.Fatalf("got %+v, %v", got, err)
	}
	b.has(content)
	b.told("the content has the MD5 ")
}

func TestWithoutADigestTheFirstDownloadDecides(t *testing.T) {
	b, content := newBench(t), fetchtest.Noise(100_000)
	m := serve(t, content, fetchtest.Once(fetchtest.Cut(content, 30_000)))
	got, err := b.get(t.Context(), unknown(m))
	if err != nil {
		t.Fatal(err)
	}
	b.has(content)
	if got.Verified || got.SHA256 != fetchtest.SHA256(content) || got.Size != int64(len(content)) {
		t.Errorf("got %+v", got)
	}
	if !slices.Equal(m.Asked(), []string{"", "bytes=30000-"}) {
		t.Errorf("asked for %q", m.Asked())
	}
}

func TestWithoutADigestAPartNeverGoesOnWithOtherContent(t *testing.T) {
	content, other := fetchtest.Noise(100_000), fetchtest.Noise(100_001)
	for name, from := range map[string][]*fetchtest.Mirror{
		"another address": {serve(t, nil, then(fetchtest.Cut(other, 40_000), fetchtest.Always(404))), serve(t, content, nil)},
		"no strong ETag": {serve(t, content, func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("ETag", `W/"weak"`)
			if r.Header.Get("Range") != "" {
				t.Errorf("asked for %s of what may be another content", r.Header.Get("Range"))
			}
			return false
		})},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			if len(from) == 1 { // a part of an earlier run
				b.leave("data.zip.part", string(other[:500]))
				b.leave("data.zip.part.etag", "unverified content of "+from[0].URL+"/data.zip\n\n")
			}
			if _, err := b.get(t.Context(), unknown(from...)); err != nil {
				t.Fatal(err)
			}
			b.has(content)
		})
	}
}

func TestAFileOfUnknownSizeIsNotTakenBeyondItsBound(t *testing.T) {
	content := fetchtest.Noise(100_000)
	endless := func(w http.ResponseWriter, _ *http.Request) bool { // without a length
		w.(http.Flusher).Flush()
		_, _ = w.Write(content)
		return true
	}
	for name, c := range map[string]struct {
		fault fetchtest.Fault
		want  string
	}{"said": {nil, "the server offers 100000 bytes, and the file may have 99999"}, "not said": {endless, "the server sends more than the 99999 bytes that the file may have"}} {
		b := newBench(t)
		f := unknown(serve(t, content, c.fault))
		f.AtMost = 99_999
		if _, err := b.get(t.Context(), f); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v", name, err)
		}
		f = unknown(serve(t, content, c.fault))
		f.AtMost = 100_000
		if _, err := newBench(t).get(t.Context(), f); err != nil {
			t.Errorf("%s, within the bound: %v", name, err)
		}
	}
}

// leave puts a file into the folder.
func (b *bench) leave(name, content string) {
	b.Helper()
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(content), 0o644); err != nil {
		b.Fatal(err)
	}
}

func TestAWebPageIsNeverTakenForAFile(t *testing.T) {
	for name, fault := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"at once": nil,
		"in pieces": func(w http.ResponseWriter, _ *http.Request) bool {
			return dribble(w, "  \n<!doctype HTML><html>sign in</html>")
		},
	} {
		b := newBench(t)
		_, err := b.get(t.Context(), unknown(serve(t, []byte("<html><head><title>Sign in</title>"), fault)))
		if err == nil || !strings.Contains(err.Error(), "answers with a web page in place of the file (it begins with \"<") {
			t.Errorf("%s: got %v", name, err)
		}
		if slices.Contains(b.names(), "data.zip") {
			t.Errorf("%s: the folder holds %v", name, b.names())
		}
	}
	b := newBench(t)
	if _, err := b.get(t.Context(), unknown(serve(t, nil, nil))); err == nil || !strings.Contains(err.Error(), "offers an empty file") {
		t.Errorf("got %v", err)
	}
}

// dribble sends a text byte by byte.
func dribble(w http.ResponseWriter, text string) bool {
	for i := range len(text) {
		_, _ = w.Write([]byte{text[i]})
		_ = http.NewResponseController(w).Flush()
	}
	return true
}

func TestAFullDiskIsNoReasonToAskAnotherMirror(t *testing.T) {
	b, content := newBench(t), fetchtest.Noise(1000)
	second := serve(t, content, nil)
	fetchtest.LimitFiles(t, 500)
	_, err := b.get(t.Context(), known(content, serve(t, content, nil), second))
	if err == nil || !strings.Contains(err.Error(), "data.zip.part cannot be written: ") || len(second.Asked()) != 0 {
		t.Errorf("got %v; the second mirror was asked %d times", err, len(second.Asked()))
	}
}
