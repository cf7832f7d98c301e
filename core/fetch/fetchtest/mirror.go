// Package fetchtest serves files on the loopback with the faults that a test asks for.
package fetchtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// Fault answers a request in place of a mirror; false lets the mirror answer.
type Fault func(w http.ResponseWriter, r *http.Request) bool

// Mirror is a server that has files by their paths, such as "/data.zip".
type Mirror struct {
	*httptest.Server
	files map[string][]byte
	fault Fault
	mu    sync.Mutex
	asked []string
}

// Serve starts a mirror that ends with the test; fault may be nil.
func Serve(t testing.TB, files map[string][]byte, fault Fault) *Mirror {
	m := &Mirror{files: files, fault: fault}
	m.Server = httptest.NewServer(http.HandlerFunc(m.answer))
	t.Cleanup(func() {
		m.CloseClientConnections()
		m.Close()
	})
	return m
}

func (m *Mirror) answer(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	m.asked = append(m.asked, r.Header.Get("Range"))
	fault := m.fault
	m.mu.Unlock()
	if fault != nil && fault(w, r) {
		return
	}
	content, there := m.files[r.URL.Path]
	if !there {
		http.NotFound(w, r)
		return
	}
	if w.Header().Get("ETag") == "" {
		w.Header().Set("ETag", ETag(content))
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// Break has a fault answer from now on; nil mends the mirror.
func (m *Mirror) Break(f Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = f
}

// Asked are the ranges of the requests so far, "" for a whole file.
func (m *Mirror) Asked() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string(nil), m.asked...)
}

// ETag is the strong one that a mirror gives content.
func ETag(content []byte) string { return `"` + SHA256(content)[:8] + `"` }

// Always answers with a status.
func Always(status int) Fault {
	return func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(status); return true }
}

// Once lets a fault answer the first request.
func Once(f Fault) Fault {
	var once sync.Once
	return func(w http.ResponseWriter, r *http.Request) (done bool) {
		once.Do(func() { done = f(w, r) })
		return done
	}
}

// Cut sends the beginning of content and breaks the connection.
func Cut(content []byte, length int) Fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("ETag", ETag(content))
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content[:length])
		_ = http.NewResponseController(w).Flush()
		if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = connection.Close()
		}
		return true
	}
}

// Noise is content that is the same in every run.
func Noise(n int) []byte {
	source := rand.New(rand.NewPCG(1, uint64(n)))
	content := make([]byte, n)
	for i := range content {
		content[i] = byte(source.Uint32())
	}
	return content
}

// SHA256 is the checksum of content.
func SHA256(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
