package lines

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func write(t testing.TB, data []byte) string {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.Bytes()
}

func read(path string) (got []string, err error) {
	err = Each(context.Background(), path, func(l Line) error {
		got = append(got, fmt.Sprint(l.Number, ":", string(l.Bytes)))
		return nil
	})
	return got, err
}

func TestLinesOfPlainAndGzipFiles(t *testing.T) {
	long := strings.Repeat("long", 1<<18)
	text := "one\r\n\n  \n" + long + "\nlast"
	want := []string{"1:one", "4:" + long, "5:last"}
	two := append(zipped("one\n"), zipped("two\n")...) // members follow each other in one file
	for name, c := range map[string]struct {
		data []byte
		want []string
	}{
		"plain": {[]byte(text), want}, "gzip": {zipped(text), want}, "two members": {two, []string{"1:one", "2:two"}},
		"empty": {nil, nil}, "one byte": {[]byte("x"), []string{"1:x"}}, "empty gzip": {zipped(""), nil},
	} {
		if got, err := read(write(t, c.data)); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %d lines, error %v", name, len(got), err)
		}
	}
}

func TestDamagedGzipNamesFileAndLine(t *testing.T) {
	whole := zipped(strings.Repeat("a line of text\n", 1000))
	wrong := slices.Clone(whole)
	wrong[len(wrong)-6] ^= 1
	for want, data := range map[string][]byte{
		"truncated": whole[:len(whole)/2], "checksum": wrong, "header": {0x1f, 0x8b, 9, 9, 9, 9, 9, 9, 9, 9}, ":1: ": whole[:5],
	} {
		path := write(t, data)
		_, err := read(path)
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), path+":") {
			t.Errorf("want %q: error %v", want, err)
		}
	}
}

func TestMissingFilesAndFoldersAreNotFound(t *testing.T) {
	dir := t.TempDir()
	for want, path := range map[string]string{"no such file": filepath.Join(dir, "none"), "is a folder": dir} {
		if _, err := read(path); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: error %v", want, err)
		}
	}
}

func TestEachStopsAtAnErrorAndWhenCancelled(t *testing.T) {
	stop, calls := errors.New("stop"), 0
	path := write(t, bytes.Repeat([]byte("x\n"), 5000))
	if err := Each(context.Background(), path, func(Line) error { calls++; return stop }); err != stop || calls != 1 {
		t.Errorf("error %v after %d calls", err, calls)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Each(ctx, path, func(Line) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want cancelled", err)
	}
}

func FuzzEach(f *testing.F) {
	f.Add([]byte("a\nb"))
	f.Add(zipped("a\nb"))
	f.Add(zipped("a\nb")[:20])
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := read(write(t, data)); err != nil && !errors.Is(err, contract.ErrBadData) {
			t.Fatal(err)
		}
	})
}
