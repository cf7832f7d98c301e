package hub

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
	"cllm4rec/core/hub/hubtest"
)

func TestWrongBytesAreThrownAwayAndNeverTakeTheirPlace(t *testing.T) {
	for _, name := range []string{"model.safetensors", "config.json"} { // SHA-256 and git's checksum
		b := newBench(t, tiny())
		wrong := slices.Clone(b.model.Files[name])
		wrong[3]++
		times := 1
		fault := func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/"+hubtest.SHA256(b.model.Files[name]) && !strings.HasSuffix(r.URL.Path, "/resolve/"+b.model.Commit+"/"+name) || name != "config.json" && strings.Contains(r.URL.Path, "resolve") {
				return false
			}
			if times--; times < 0 {
				return false
			}
			_, _ = w.Write(wrong)
			return true
		}
		b.hub.BreakHub(fault)
		b.hub.BreakFiles(fault)
		b.mustGet()
		b.whole()
		if len(b.notes) != 1 || !strings.Contains(b.notes[0], name+": the content has the ") {
			t.Errorf("told %q", b.notes)
		}
		if err := os.RemoveAll(b.dir); err != nil {
			t.Fatal(err)
		}
		times = 2
		_, err := b.get()
		b.fails(err, nil, name, "expected ", "thrown away")
		if slices.Contains(b.names(), name) || slices.Contains(b.names(), ManifestName) {
			t.Errorf("the folder holds %v", b.names())
		}
	}
}

func TestWrongSizesAreNamed(t *testing.T) {
	content := tiny()["model.safetensors"]
	for text, answer := range map[string]func(w http.ResponseWriter){
		"offers 1000 bytes, expected 1048576": func(w http.ResponseWriter) { _, _ = w.Write(content[:1000]) },
		"sends more than the 1048576 bytes": func(w http.ResponseWriter) { // without a Content-Length
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write(append(content[:len(content):len(content)], "more"...))
		},
		"given up after 4 attempts": func(w http.ResponseWriter) {
			_ = http.NewResponseController(w).Flush() // nothing, and a proper end
		},
	} {
		b := newBench(t, tiny())
		b.hub.BreakFiles(func(w http.ResponseWriter, _ *http.Request) bool { answer(w); return true })
		_, err := b.get()
		b.fails(err, nil, "model.safetensors", text)
	}
	b := newBench(t, tiny())
	b.model.Lie = func(entries []hubtest.Entry) []hubtest.Entry {
		for i := range entries {
			if entries[i].LFS != nil {
				entries[i].LFS.Size--
			}
		}
		return entries
	}
	_, err := b.get()
	b.fails(err, nil, "offers 1048576 bytes, expected 1048575")
}

func TestBusyServersAreAskedAgainWhenTheySay(t *testing.T) {
	for _, status := range []int{429, 500, 502, 503, 504, 408} {
		b := newBench(t, tiny())
		asked := map[string]int{}
		fault := func(w http.ResponseWriter, r *http.Request) bool {
			if asked[r.URL.Path]++; asked[r.URL.Path] > 1 {
				return false
			}
			if status == 429 && len(asked) == 1 {
				w.Header().Set("Retry-After", "1")
			}
			w.WriteHeader(status)
			return true
		}
		b.hub.BreakHub(fault)
		b.hub.BreakFiles(fault)
		start := time.Now()
		b.mustGet()
		b.whole()
		if status == 429 && time.Since(start) < time.Second {
			t.Errorf("%d: did not wait", status)
		}
	}
	b := newBench(t, tiny())
	b.hub.BreakHub(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(429)
		return true
	})
	_, err := b.get()
	b.fails(err, nil, "429 Too Many Requests", "it asks to wait 2h0m0s")
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	type c struct {
		want   Want
		token  string
		change func(b *bench)
		kind   error
		texts  []string
	}
	for name, c := range map[string]c{
		"no such model":            {Want{Repo: "some/modle"}, "", nil, contract.ErrNotFound, []string{"has no model some/modle that is public", "HF_TOKEN"}},
		"a model of another owner": {Want{Repo: "other/model"}, "", nil, contract.ErrNotFound, []string{`did you mean "some/model"?`}},
		"no such model, with a token": {Want{Repo: "some/mod"}, "hf_secret", nil, contract.ErrNotFound,
			[]string{"or that HF_TOKEN has access to", `did you mean "some/model"?`}},
		"no such revision":    {Want{Revision: "mian"}, "", nil, contract.ErrNotFound, []string{`no revision "mian"`, `did you mean "main"?`}},
		"gated":               {Want{}, "", func(b *bench) { b.model.Gated = true }, contract.ErrInvalid, []string{"is gated: accept its licence at http://", "/some/model", "HF_TOKEN is not set"}},
		"a token that is bad": {Want{}, "hf_wrong", nil, contract.ErrInvalid, []string{"refuses the token in HF_TOKEN"}},
		"forbidden": {Want{}, "", func(b *bench) {
			b.hub.BreakHub(func(w http.ResponseWriter, _ *http.Request) bool {
				w.WriteHeader(403)
				_, _ = w.Write([]byte("{\"error\": \"not \\u001b[31mhere\\nplease\"}"))
				return true
			})
		}, contract.ErrInvalid, []string{"gives no access to some/model: the server answers 403 Forbidden (not [31mhere please)"}},
		"no hub at all": {Want{}, "", func(b *bench) {
			b.hub.BreakHub(func(w http.ResponseWriter, _ *http.Request) bool {
				_, _ = w.Write([]byte("<html>Welcome to the hotel</html>"))
				return true
			})
		}, contract.ErrBadData, []string{"does not answer as a hub does", "Welcome to the hotel"}},
		"no commit": {Want{}, "", func(b *bench) {
			b.hub.BreakHub(func(w http.ResponseWriter, _ *http.Request) bool { _, _ = w.Write([]byte("{}")); return true })
		}, contract.ErrBadData, []string{"gives no commit"}},
		"a listed file that is not there": {Want{}, "", func(b *bench) {
			b.hub.BreakFiles(func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(404); return true })
		}, nil, []string{"some/model: model.safetensors: the server answers 404 Not Found"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, tiny())
			b.hub.Token = map[bool]string{true: "hf_secret"}[c.token != ""]
			if c.change != nil {
				c.change(b)
			}
			c.want.Folder, c.want.Repo = b.dir, cmp.Or(c.want.Repo, "some/model")
			_, err := b.client(c.token).Get(t.Context(), c.want)
			b.fails(err, c.kind, c.texts...)
			if strings.Contains(err.Error(), "hf_") || strings.Contains(fmt.Sprint(b.notes), "hf_") {
				t.Errorf("the token is told: %v %q", err, b.notes)
			}
			if names := b.names(); slices.Contains(names, lockName) || slices.Contains(names, ManifestName) {
				t.Errorf("the folder holds %v", names)
			}
		})
	}
}

func TestAHubThatCannotBeReachedIsToldWithItsName(t *testing.T) {
	c, err := New(Options{Endpoint: "http://127.0.0.1:1", Patience: fetch.Patience{Attempts: 2, Wait: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Get(t.Context(), Want{Repo: "some/model", Folder: t.TempDir()})
	if err == nil || contract.IsBadInput(err) || !strings.Contains(err.Error(), "127.0.0.1:1: ") || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("got %v", err)
	}
}
