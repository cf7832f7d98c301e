package host

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/printable"

	"github.com/rs/zerolog"
)

func listen(text string) (last []string, log string) {
	var out bytes.Buffer
	w := &stderrTail{log: zerolog.New(&out)}
	l := &lineWriter{to: w}
	for _, part := range strings.SplitAfter(text, "7") { // in pieces, as pipes give them
		_, _ = l.Write([]byte(part))
	}
	return w.lines(), out.String()
}

func TestTheLastTwentyLinesAreKept(t *testing.T) {
	var text string
	for i := range 50 {
		text += fmt.Sprintf("line %d\n\n", i)
	}
	last, _ := listen(text)
	if len(last) != wordsKept || last[0] != "line 30" || last[19] != "line 49" {
		t.Errorf("kept %q", last)
	}
}

func TestTheHeadOfACrashIsKept(t *testing.T) {
	last, _ := listen("before\npanic: index out of range\n" + strings.Repeat("frame\n", 100))
	if len(last) != wordsKept || last[0] != "panic: index out of range" {
		t.Errorf("kept %q", last)
	}
}

func TestLogEntriesOfBothFormsReachTheLog(t *testing.T) {
	last, log := listen(`{"level":"warn","row":17,"stack":"long","time":"x","message":"odd row"}
{"@level":"error","@message":"grpc","@timestamp":"x","error":"eof"}
plain 7 line
{"no":"level"}
`)
	if want := []string{"warn: odd row row=17", "error: grpc error=eof", "plain 7 line", `{"no":"level"}`}; !slices.Equal(last, want) {
		t.Errorf("kept %q", last)
	}
	for _, want := range []string{`{"level":"warn","row":17,"stack":"long","message":"odd row"}`, `{"level":"error","error":"eof","message":"grpc"}`, `{"level":"info","message":"plain 7 line"}`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
}

func TestControlCharactersOfAPluginAreQuoted(t *testing.T) {
	last, log := listen("\x1b[2Jwiped \xff\tkept\r\n" + `{"level":"warn","message":"\u001b]0;title\u0007","na\u202eme":"\u009b31m"}` + "\n")
	want := []string{`\x1b[2Jwiped \xff` + "\tkept", `warn: \x1b]0;title\x07 na\u202eme=\u009b31m`}
	if !slices.Equal(last, want) {
		t.Errorf("kept %q, want %q", last, want)
	}
	for _, want := range []string{`\\x1b[2Jwiped \\xff`, `\\x1b]0;title\\x07`, `"na\\u202eme":"\\u009b31m"`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
}

func FuzzPluginOutput(f *testing.F) {
	for _, seed := range []string{"plain\n", `{"level":"fatal","message":"m"}` + "\n", `{"@level":1}` + "\n{", "panic: x\n\x00\xff\n", `{"level":"panic","a":{"b":[1e999]}}` + "\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last, _ := listen(text)
		if len(last) > wordsKept {
			t.Fatalf("kept %d lines", len(last))
		}
		for _, line := range last {
			if printable.Text(line) != line {
				t.Errorf("kept %q as it came", line)
			}
		}
	})
}

func TestPluginsGetAMinimalEnvironment(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // no kernel of OpenBLAS is remembered
	own := []string{"PATH=/bin", "SECRET_TOKEN=x", "CUDA_VISIBLE_DEVICES=1", "OMP_NUM_THREADS=64", "LC_ALL=C"}
	got := Options{Threads: 2, Env: []string{"EXTRA=1"}}.environ(own)
	want := append(shortWait(),
		"PATH=/bin", "CUDA_VISIBLE_DEVICES=1", "OMP_NUM_THREADS=64", "LC_ALL=C",
		"OMP_NUM_THREADS=2", "OPENBLAS_NUM_THREADS=2", "MKL_NUM_THREADS=2", "GOMAXPROCS=2", "EXTRA=1",
	)
	if !slices.Equal(got, want) { // os/exec lets the last of equal names win
		t.Errorf("environment %q", got)
	}
}
