// Package hubtest serves models on the loopback as the Hugging Face hub lays them
// out, with the faults that a test asks for. Large files come from a second host,
// as on the hub. The layout is held against huggingface_hub in core/hub's tests.
package hubtest

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Fault answers a request in place of the server; false lets the server answer.
type Fault func(w http.ResponseWriter, r *http.Request) bool

// Request is what a server was asked.
type Request struct {
	Host          string // "hub" or "files"
	Path          string
	Range         string
	Authorization string
}

// Server is a hub. Set the fields before requests come.
type Server struct {
	URL      string
	PageSize int    // entries of a page of the list of files; 0: one page
	Token    string // that gated models want

	hub, files *httptest.Server
	mu         sync.Mutex
	faults     map[string]Fault
	models     map[string]*Model
	requests   []Request
}

// Model is a repository. Its files are its only commit.
type Model struct {
	Files  map[string][]byte
	Gated  bool
	Commit string
	// Lie changes the list of files that the hub gives.
	Lie func(entries []Entry) []Entry
}

// Entry is a line of the list of files.
type Entry struct {
	Type string `json:"type"`
	OID  string `json:"oid"`
	Size int64  `json:"size"`
	Path string `json:"path"`
	LFS  *LFS   `json:"lfs,omitempty"`
}

// LFS is what the list says of a large file.
type LFS struct {
	OID         string `json:"oid"`
	Size        int64  `json:"size"`
	PointerSize int64  `json:"pointerSize"`
}

// New starts a hub that ends with the test.
func New(t testing.TB) *Server {
	s := &Server{models: map[string]*Model{}, faults: map[string]Fault{}}
	s.hub = httptest.NewServer(s.logged("hub", http.HandlerFunc(s.serve)))
	s.files = httptest.NewServer(s.logged("files", http.HandlerFunc(s.serveFile)))
	s.URL = s.hub.URL
	t.Cleanup(func() {
		for _, server := range []*httptest.Server{s.hub, s.files} {
			server.CloseClientConnections()
			server.Close()
		}
	})
	return s
}

// Add puts a model, or a new commit of it, on the hub.
func (s *Server) Add(name string, files map[string][]byte) *Model {
	s.mu.Lock()
	defer s.mu.Unlock()
	hash := sha1.New()
	for _, path := range slices.Sorted(maps.Keys(files)) {
		_, _ = fmt.Fprintf(hash, "%s %s\n", path, Blob(files[path]))
	}
	m := &Model{Files: files, Commit: hex.EncodeToString(hash.Sum(nil))}
	s.models[name] = m
	return m
}

// BreakHub has a fault answer what the hub is asked; nil mends it.
func (s *Server) BreakHub(f Fault) { s.setFault("hub", f) }

// BreakFiles has a fault answer what the second host is asked; nil mends it.
func (s *Server) BreakFiles(f Fault) { s.setFault("files", f) }

func (s *Server) setFault(host string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[host] = f
}

// Requests are those so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Forget empties Requests.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

// Blob is git's id of content.
func Blob(content []byte) string {
	sum := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(content)), content...))
	return hex.EncodeToString(sum[:])
}

// SHA256 is the checksum of content.
func SHA256(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func (s *Server) logged(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, Request{host, r.URL.Path, r.Header.Get("Range"), r.Header.Get("Authorization")})
		fault := s.faults[host]
		s.mu.Unlock()
		if fault == nil || !fault(w, r) {
			next.ServeHTTP(w, r)
		}
	})
}

// refuse answers as the hub does: a code in the header, a text in the body.
func refuse(w http.ResponseWriter, status int, code, text string) {
	w.Header().Set("X-Error-Code", code)
	w.Header().Set("X-Error-Message", text)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": text})
}

func (s *Server) model(name string) *Model {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.models[name]
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/api/models" {
		s.search(w, r.URL.Query().Get("search"))
		return
	}
	parts := strings.SplitN(strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/api/models"), "/"), "/", 5)
	if len(parts) < 3 {
		http.NotFound(w, r)
		return
	}
	name := parts[0] + "/" + parts[1]
	m := s.model(name)
	switch {
	case r.Header.Get("Authorization") != "" && r.Header.Get("Authorization") != "Bearer "+s.Token:
		refuse(w, http.StatusUnauthorized, "", "Invalid credentials in Authorization header")
	case m == nil && s.Token == "":
		refuse(w, http.StatusUnauthorized, "", "Invalid username or password.")
	case m == nil:
		refuse(w, http.StatusNotFound, "RepoNotFound", "Repository not found")
	case parts[2] == "refs":
		_, _ = fmt.Fprintf(w, `{"branches":[{"name":"main","targetCommit":%q}],"tags":[{"name":"v1.0"}]}`, m.Commit)
	case len(parts) < 4 || parts[3] != "main" && parts[3] != m.Commit:
		refuse(w, http.StatusNotFound, "RevisionNotFound", "Invalid rev id: "+parts[3])
	case parts[2] == "revision":
		_, _ = fmt.Fprintf(w, `{"id":%q,"sha":%q,"private":false,"siblings":[]}`, name, m.Commit)
	case parts[2] == "tree":
		s.list(w, r, m)
	case parts[2] == "resolve" && len(parts) == 5:
		s.resolve(w, r, m, parts[4])
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) search(w http.ResponseWriter, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(s.models)) {
		if strings.Contains(name, text) {
			found = append(found, map[string]string{"id": name})
		}
	}
	_ = json.NewEncoder(w).Encode(found)
}

// large tells which files the hub keeps elsewhere.
func large(path string) bool {
	return strings.HasSuffix(path, ".safetensors") || strings.HasSuffix(path, ".bin") || strings.HasSuffix(path, ".gguf") || strings.HasSuffix(path, ".model")
}

func (m *Model) list() []Entry {
	entries := []Entry{{Type: "directory", OID: strings.Repeat("0", 40), Path: "onnx"}}
	for _, path := range slices.Sorted(maps.Keys(m.Files)) {
		content := m.Files[path]
		e := Entry{Type: "file", OID: Blob(content), Size: int64(len(content)), Path: path}
		if large(path) {
			e.OID, e.LFS = Blob([]byte("pointer to "+path)), &LFS{SHA256(content), e.Size, 134}
		}
		entries = append(entries, e)
	}
	if m.Lie != nil {
		return m.Lie(entries)
	}
	return entries
}

func (s *Server) list(w http.ResponseWriter, r *http.Request, m *Model) {
	entries := m.list()
	from, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
	end := len(entries)
	if s.PageSize > 0 && from+s.PageSize < end {
		end = from + s.PageSize
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?recursive=true&cursor=%d>; rel="next"`, s.URL, r.URL.EscapedPath(), end))
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(entries[min(from, end):end])
}

func (s *Server) resolve(w http.ResponseWriter, r *http.Request, m *Model, path string) {
	content, there := m.Files[path]
	switch {
	case m.Gated && r.Header.Get("Authorization") != "Bearer "+s.Token:
		refuse(w, http.StatusUnauthorized, "GatedRepo", "Access to this model is restricted.")
		return
	case !there:
		refuse(w, http.StatusNotFound, "EntryNotFound", "Entry not found")
		return
	}
	w.Header().Set("X-Repo-Commit", m.Commit)
	if !large(path) {
		w.Header().Set("ETag", `"`+Blob(content)+`"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
		return
	}
	w.Header().Set("X-Linked-Size", strconv.Itoa(len(content)))
	w.Header().Set("X-Linked-Etag", `"`+SHA256(content)+`"`)
	http.Redirect(w, r, s.files.URL+"/"+SHA256(content)+"?signature=secret", http.StatusFound)
}

// serveFile is the second host, which refuses the hub's tokens as stores of files do.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		http.Error(w, "two ways of authorisation", http.StatusBadRequest)
		return
	}
	content := s.content(strings.TrimPrefix(r.URL.Path, "/"))
	if content == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", `"`+SHA256(content)[:32]+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

func (s *Server) content(sum string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.models {
		for _, content := range m.Files {
			if SHA256(content) == sum {
				return content
			}
		}
	}
	return nil
}
