package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/fetch/fetchtest"
)

// program is the program in a process of its own, in the shell's folder.
func (s *shell) program(args ...string) *exec.Cmd {
	s.t.Helper()
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	c := exec.Command(self, append(args, "--plugins", s.plugins)...)
	c.Env, c.Dir = append(os.Environ(), envProgram+"=1"), s.dir
	return c
}

// plainData is a catalogue of one plain file at an address.
func (s *shell) plainData(address string, content []byte) string {
	return s.file("plain.yaml", fmt.Sprintf(`
licences: [{name: ours, terms: Tell nobody., url: "https://lab/terms"}]
datasets:
- name: noise
  title: noise
  homepage: https://lab
  licence: ours
  cite: nobody
  plugin: fakedata
  params: {}
  split: {method: leave_one_out}
  files: [{path: noise.bin, size: %d, sha256: %s, from: ["%s"]}]
  at_most: 10000000
`, len(content), fetchtest.SHA256(content), address))
}

func TestADownloadThatIsKilledGoesOnWhereItWas(t *testing.T) {
	s, content := newShell(t), fetchtest.Noise(1<<20)
	t.Chdir(s.dir)
	t.Setenv("CLLM4REC_DATA", "")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	mirror := fetchtest.Serve(t, map[string][]byte{"/noise.bin": content}, func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("ETag", fetchtest.ETag(content))
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		_, _ = w.Write(content[:700_000])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return true
	})
	args := []string{"data", "get", "noise", "--catalogue", s.plainData(mirror.URL+"/noise.bin", content), "--accept-licence"}
	c := s.program(args...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	part := filepath.Join("data", ".noise.part", "downloads", "noise.bin.part")
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if info, err := os.Stat(part); err == nil && info.Size() == 700_000 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("nothing was downloaded in a minute")
		}
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err == nil {
		t.Fatal("it was not killed")
	}
	if _, err := os.Stat(filepath.Join("data", "noise")); err == nil {
		t.Error("a folder is there after the kill")
	}
	mirror.Break(nil)
	stdout, _ := s.expect(exitDone, args...)
	contains(t, stdout, "# data/noise: noise, 1.0 MB in 1 file, all checksums right (1 downloaded)")
	if got := mirror.Asked(); !slices.Equal(got, []string{"", "bytes=700000-"}) {
		t.Errorf("asked for %q", got)
	}
	if entries, err := os.ReadDir("data"); err != nil || len(entries) != 1 {
		t.Errorf("left in data: %v, %v", entries, err)
	}
}

func TestDownloadsGoThroughTheProxyOfTheEnvironment(t *testing.T) {
	s, content := newShell(t), fetchtest.Noise(1000)
	proxy := fetchtest.Serve(t, map[string][]byte{"/noise.bin": content}, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Host != "data.example" {
			t.Errorf("the proxy is asked for %s", r.URL)
		}
		return false
	})
	c := s.program("data", "get", "noise", "--catalogue", s.plainData("http://data.example/noise.bin", content), "--accept-licence", "--to", "here")
	c.Env = append(c.Env, "HTTP_PROXY="+proxy.URL, "http_proxy=", "NO_PROXY=", "no_proxy=", "XDG_CACHE_HOME="+t.TempDir())
	text, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(text), "# here: noise, 1.0 kB in 1 file, all checksums right") {
		t.Fatalf("%v\n%s", err, text)
	}
	if got, err := os.ReadFile(filepath.Join(s.dir, "here", "noise.bin")); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
