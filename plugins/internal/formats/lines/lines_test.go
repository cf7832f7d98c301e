package lines

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/formatstest"
)

func zipped(text string) []byte { return []byte(formatstest.Zipped(text)) }

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
		"plain": {[]byte(text), want}, "gzip": {zipped(text), want}, "zstd": {[]byte(formatstest.Zstd(text)), want}, "two members": {two, []string{"1:one", "2:two"}},
		"empty": {nil, nil}, "one byte": {[]byte("x"), []string{"1:x"}}, "empty gzip": {zipped(""), nil},
	} {
		if got, err := read(formatstest.File(t, "file", c.data)); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %d lines, error %v", name, len(got), err)
		}
	}
}

func TestByteOrderMarksAreLeftOut(t *testing.T) {
	const mark = "\xef\xbb\xbf"
	joined := mark + "one\n" + mark + "two\n" + mark + "\n" + "th" + mark + "ree"
	want := []string{"1:one", "2:two", "4:th" + mark + "ree"}
	for name, data := range map[string][]byte{"plain": []byte(joined), "gzip": zipped(joined)} {
		if got, err := read(formatstest.File(t, "file", data)); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
		if _, err := read(formatstest.File(t, "file", zipped(mark+"{\x00"))); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), ":1: the file is UTF-16") {
			t.Errorf("%x: error %v", mark, err)
		}
	}
}

// A gibibyte of blank lines is a gzip of a megabyte. The limit stops long before
// its end: the test takes a fraction of a second where reading on takes a minute.
func TestManyBlankLinesAreRefusedEarly(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte("one\n"))
	_ = z.Close()
	blank := zipped(strings.Repeat("\n", 1<<20))
	for range 1 << 10 {
		_, _ = b.Write(blank)
	}
	path, lines := formatstest.File(t, "file", b.Bytes()), 0
	err := Each(context.Background(), path, func(Line) error { lines++; return nil })
	if !errors.Is(err, contract.ErrBadData) || lines != 1 || !strings.HasPrefix(err.Error(), fmt.Sprintf("%s:%d: more than 16 MiB of blank", path, MaxBlank+2)) {
		t.Errorf("%d lines, error %v", lines, err)
	}
	spaces := strings.Repeat(" ", 1<<20)
	if _, err := read(formatstest.File(t, "file", zipped(strings.Repeat("x"+spaces+"\n", 17)))); !errors.Is(err, contract.ErrBadData) {
		t.Errorf("white space behind lines: error %v", err)
	}
	if got, err := read(formatstest.File(t, "file", []byte(strings.Repeat("\n", MaxBlank/2)+"end"))); err != nil || len(got) != 1 {
		t.Errorf("half as many: %d lines, %v", len(got), err)
	}
	lines = 0
	many := formatstest.File(t, "file", zipped(strings.Repeat("x\r\n", MaxBlank/2+1)+"\n"))
	if err := Each(context.Background(), many, func(Line) error { lines++; return nil }); err != nil || lines != MaxBlank/2+1 {
		t.Errorf("many lines with a text: %d lines, %v", lines, err)
	}
}

func TestDamagedGzipNamesFileAndLine(t *testing.T) {
	whole := zipped(strings.Repeat("a line of text\n", 1000))
	wrong := slices.Clone(whole)
	wrong[len(wrong)-6] ^= 1
	for want, data := range map[string][]byte{
		"truncated": whole[:len(whole)/2], "checksum": wrong, "header": {0x1f, 0x8b, 9, 9, 9, 9, 9, 9, 9, 9}, ":1: ": whole[:5],
	} {
		path := formatstest.File(t, "file", data)
		_, err := read(path)
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), path+":") {
			t.Errorf("want %q: error %v", want, err)
		}
	}
}

func TestDamagedZstdNamesFileAndLine(t *testing.T) {
	whole := []byte(formatstest.Zstd(strings.Repeat("a line of text\n", 1000) + strings.Repeat("other\n", 1000)))
	wrong := slices.Clone(whole)
	wrong[len(wrong)-1] ^= 1
	wide := slices.Clone(whole)
	wide[4], wide[5] = 0, 0xf8 // a frame header without a size, whose window is 2 GiB and more (RFC 8878, section 3.1.1.1)
	for want, data := range map[string][]byte{"truncated": whole[:len(whole)/2], "checksum": wrong, "--long": wide} {
		path := formatstest.File(t, "file", data)
		_, err := read(path)
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), path+":") {
			t.Errorf("want %q: error %v", want, err)
		}
	}
}

func TestRawLinesKeepTheirWhiteSpace(t *testing.T) {
	path, got := formatstest.File(t, "file", "\ufeff\ta \r\n\n \nb\t"), []string(nil)
	err := Raw(t.Context(), path, func(l Line) error {
		got = append(got, fmt.Sprint(l.Number, ":", string(l.Bytes)))
		return nil
	})
	if want := []string{"1:\ta ", "2:", "3: ", "4:b\t"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, error %v", got, err)
	}
	blank := formatstest.File(t, "file", zipped(strings.Repeat("\n", MaxBlank+2)))
	if err := Raw(t.Context(), blank, func(Line) error { return nil }); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "16 MiB of blank") {
		t.Errorf("blank lines: error %v", err)
	}
}

func TestWhatIsNoTextIsNamed(t *testing.T) {
	tar := make([]byte, 512)
	copy(tar[257:], "ustar")
	for want, data := range map[string][]byte{
		"a zip archive": []byte("PK\x03\x04\x14"), "compressed with bzip2": []byte("BZh91AY&SY"), "Parquet": []byte("PAR1\x15\x04"), "a tar archive": zipped(string(tar)),
	} {
		if _, err := read(formatstest.File(t, "file", data)); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), ":1: the file is "+want) {
			t.Errorf("%s: error %v", want, err)
		}
	}
}

func TestAFileThatGrowsWhileItIsReadIsRefused(t *testing.T) {
	for name, data := range map[string][]byte{"plain": []byte("one\ntwo\n"), "gzip": zipped("one\ntwo\n"), "zstd": []byte(formatstest.Zstd("one\ntwo\n"))} {
		path := formatstest.File(t, "file", data)
		err := Each(t.Context(), path, func(Line) error {
			return os.WriteFile(path, append(data, "three\n"...), 0o600)
		})
		if !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+": changed while it was read") {
			t.Errorf("%s: error %v", name, err)
		}
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(f); !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+": changed while it was read") {
			t.Errorf("%s, whole: error %v", name, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenReadsWholeTexts(t *testing.T) {
	whole := zipped(strings.Repeat("text", 1000))
	for name, c := range map[string]struct {
		data []byte
		want int
		err  string
	}{
		"plain": {[]byte("te\nxt"), 5, ""}, "gzip": {whole, 4000, ""}, "empty": {nil, 0, ""}, "truncated": {whole[:len(whole)-9], -1, "truncated"},
	} {
		path := formatstest.File(t, "file", c.data)
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f)
		if c.err == "" && (err != nil || len(got) != c.want) {
			t.Errorf("%s: %d bytes, error %v", name, len(got), err)
		}
		if c.err != "" && (!errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: error %v", name, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := Open(formatstest.File(t, "file", []byte{0x1f, 0x8b, 9})); !errors.Is(err, contract.ErrBadData) {
		t.Errorf("a damaged header: error %v", err)
	}
}

func TestMissingFilesAndFoldersAreNamed(t *testing.T) {
	dir := t.TempDir()
	if _, err := read(filepath.Join(dir, "none")); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("nothing: error %v", err)
	}
	if _, err := read(dir); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder: error %v", err)
	}
}

func TestEachStopsAtAnErrorAndWhenCancelled(t *testing.T) {
	stop, calls := errors.New("stop"), 0
	path := formatstest.File(t, "file", bytes.Repeat([]byte("x\n"), 5000))
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
	f.Add([]byte(formatstest.Zstd("a\nb")))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := read(formatstest.File(t, "file", data)); err != nil && !errors.Is(err, contract.ErrBadData) {
			t.Fatal(err)
		}
	})
}
