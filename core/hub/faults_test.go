package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cllm4rec/core/hub/hubtest"
)

// cut sends a prefix of what was asked for and breaks the connection, the first times.
func cut(content []byte, times int32, length int) hubtest.Fault {
	var n atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) bool {
		if n.Add(1) > times {
			return false
		}
		from := 0
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(content)-1, len(content)))
			defer hijack(w)
			w.Header().Set("Content-Length", fmt.Sprint(len(content)-from))
			w.WriteHeader(http.StatusPartialContent)
		} else {
			defer hijack(w)
			w.Header().Set("ETag", `"`+hubtest.SHA256(content)[:32]+`"`)
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		}
		_, _ = w.Write(content[from : from+length])
		_ = http.NewResponseController(w).Flush()
		return true
	}
}

// hijack breaks the connection without an end.
func hijack(w http.ResponseWriter) {
	if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = connection.Close()
	}
}

// ranges are those that the second host was asked for.
func (b *bench) ranges() []string {
	var all []string
	for _, r := range b.hub.Requests() {
		if r.Host == "files" {
			all = append(all, r.Range)
		}
	}
	return all
}

func TestACutConnectionGoesOnWhereItBroke(t *testing.T) {
	b := newBench(t, tiny())
	b.hub.BreakFiles(cut(b.model.Files["model.safetensors"], 7, 100_000)) // more often than attempts in a row
	b.mustGet()
	b.whole()
	want := []string{"", "bytes=100000-", "bytes=200000-", "bytes=300000-", "bytes=400000-", "bytes=500000-", "bytes=600000-", "bytes=700000-"}
	if got := b.ranges(); !slices.Equal(got, want) {
		t.Errorf("asked for %q", got)
	}
	if len(b.notes) != 7 || !strings.Contains(b.notes[0], "broken off after 100000 of 1048576 bytes") {
		t.Errorf("told %q", b.notes)
	}
}

func TestAServerThatIsGoneIsGivenUpAndTheNextRunGoesOn(t *testing.T) {
	b := newBench(t, tiny())
	content := b.model.Files["model.safetensors"]
	first := cut(content, 1, 300_000)
	b.hub.BreakFiles(func(w http.ResponseWriter, r *http.Request) bool {
		if !first(w, r) {
			hijack(w)
		}
		return true
	})
	_, err := b.get()
	b.fails(err, nil, "some/model: model.safetensors: ", "given up after 4 attempts in a row", "goes on from here")
	if strings.Contains(err.Error(), "signature") {
		t.Errorf("the signed address is told: %v", err)
	}
	want := []string{"config.json", "merges.txt", "model.safetensors.part", "model.safetensors.part.etag", "vocab.json"}
	if names := b.names(); !slices.Equal(names, want) {
		t.Errorf("the folder holds %v", names)
	}
	b.hub.BreakFiles(nil)
	b.hub.Forget()
	b.mustGet()
	b.whole()
	if got := b.ranges(); !slices.Equal(got, []string{"bytes=300000-"}) {
		t.Errorf("asked for %q", got)
	}
}

func TestChangedContentStartsAnew(t *testing.T) {
	b := newBench(t, tiny())
	content := b.model.Files["model.safetensors"]
	n := 0
	b.hub.BreakFiles(func(w http.ResponseWriter, r *http.Request) bool {
		n++
		w.Header().Set("ETag", fmt.Sprintf(`"version %d"`, n))
		if n == 1 {
			defer hijack(w)
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			_, _ = w.Write(noise(5000)) // what another content begins with
			return true
		}
		if r.Header.Get("If-Range") != `"version 1"` {
			t.Errorf("If-Range is %q", r.Header.Get("If-Range"))
		}
		_, _ = w.Write(content) // 200: all of it, because the ETag is another
		return true
	})
	b.mustGet()
	b.whole()
}

func TestAPartOfOtherContentIsNeitherTrustedNorContinued(t *testing.T) {
	for name, fault := range map[string]func(w http.ResponseWriter, content []byte){
		"another place": func(w http.ResponseWriter, content []byte) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 7-%d/%d", len(content)-1, len(content)))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(content[7:])
		},
		"another ETag": func(w http.ResponseWriter, content []byte) {
			w.Header().Set("ETag", `"other"`)
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 1000-%d/%d", len(content)-1, len(content)))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(content[1000:])
		},
		"not satisfiable": func(w http.ResponseWriter, _ []byte) { w.WriteHeader(http.StatusRequestedRangeNotSatisfiable) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, tiny())
			content := b.model.Files["model.safetensors"]
			first := cut(content, 1, 1000)
			n := 0
			b.hub.BreakFiles(func(w http.ResponseWriter, r *http.Request) bool {
				if n++; n == 2 {
					fault(w, content)
				}
				return n == 2 || first(w, r)
			})
			b.mustGet()
			b.whole()
			if got := b.ranges(); !slices.Equal(got, []string{"", "bytes=1000-", ""}) {
				t.Errorf("asked for %q", got)
			}
			if name == "not satisfiable" && !strings.Contains(fmt.Sprint(b.notes), "does not know bytes from 1000 on") {
				t.Errorf("told %q", b.notes)
			}
		})
	}
}

func TestAServerThatFallsSilentIsLeft(t *testing.T) {
	b := newBench(t, tiny())
	content := b.model.Files["model.safetensors"]
	n := 0
	b.hub.BreakFiles(func(w http.ResponseWriter, r *http.Request) bool {
		if n++; n > 1 {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content[:5000])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	})
	b.mustGet()
	b.whole()
	if len(b.notes) != 1 || !strings.Contains(b.notes[0], "the server fell silent for 1s") {
		t.Errorf("told %q", b.notes)
	}
}

func TestAStopLeavesThePartAndNoLock(t *testing.T) {
	b := newBench(t, tiny())
	content := b.model.Files["model.safetensors"]
	ctx, stop := context.WithCancel(t.Context())
	b.hub.BreakFiles(func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content[:50_000])
		_ = http.NewResponseController(w).Flush()
		for { // until the client has written it
			if info, err := os.Stat(filepath.Join(b.dir, "model.safetensors.part")); err == nil && info.Size() == 50_000 {
				stop()
			}
			select {
			case <-r.Context().Done():
				return true
			case <-time.After(time.Millisecond):
			}
		}
	})
	_, err := b.client("").Get(ctx, Want{Repo: "some/model", Folder: b.dir})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	want := []string{"config.json", "merges.txt", "model.safetensors.part", "model.safetensors.part.etag", "vocab.json"}
	if names := b.names(); !slices.Equal(names, want) {
		t.Errorf("the folder holds %v", names)
	}
	b.hub.BreakFiles(nil)
	b.mustGet()
	b.whole()
}
