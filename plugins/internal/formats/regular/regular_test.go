package regular

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"cllm4rec/core/contract"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAllThatIsNoRegularFileIsRefusedAtOnce(t *testing.T) {
	dir := t.TempDir()
	pipe, socket := filepath.Join(dir, "pipe"), filepath.Join(dir, "s")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	for path, want := range map[string]string{dir: "is a folder", pipe: "is a pipe", socket: "is a socket", "/dev/zero": "is a device"} {
		if _, err := Read(path); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), path+": "+want) {
			t.Errorf("%s: %v, expected %q", path, err, want)
		}
	}
	if _, err := Read(filepath.Join(dir, "nowhere")); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("%v", err)
	}
}

func TestAPointerOfGitLFSIsNamedWithItsCure(t *testing.T) {
	path := write(t, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 548105171\n")
	for name, read := range map[string]func(string) ([]byte, error){"Read": Read, "ReadText": ReadText} {
		_, err := read(path)
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "the file of 548105171 bytes") || !strings.Contains(err.Error(), "git lfs pull") {
			t.Errorf("%s: %v", name, err)
		}
	}
	long := "version https://git-lfs.github.com/spec/v1\n" + strings.Repeat("x", maxPointer)
	if got, err := Read(write(t, long)); err != nil || string(got) != long {
		t.Errorf("a longer file that begins so: %v", err)
	}
}

func TestTextsWithAByteOrderMarkAreNamed(t *testing.T) {
	for mark, encoding := range map[string]string{"\xef\xbb\xbf{}": "UTF-8", "\xff\xfe{\x00": "UTF-16", "\xfe\xff\x00{": "UTF-16"} {
		path := write(t, mark)
		_, err := ReadText(path)
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), path+": starts with a byte order mark ("+encoding+")") {
			t.Errorf("%q: %v", mark, err)
		}
		if got, err := Read(path); err != nil || string(got) != mark {
			t.Errorf("%q: bytes %q, %v", mark, got, err)
		}
	}
}

func TestContentsComeWhole(t *testing.T) {
	for _, text := range []string{"", "{}", strings.Repeat("a line\n", 1000)} {
		if got, err := ReadText(write(t, text)); err != nil || string(got) != text {
			t.Errorf("%.20q: %.20q, %v", text, got, err)
		}
	}
}
