package datasets

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch/fetchtest"
)

func TestEntriesThatLeaveTheFolderAreRefusedWithTheirName(t *testing.T) {
	link := fs.ModeSymlink | 0o777
	for name, e := range map[string]struct {
		entries []entry
		want    string
	}{
		"up":               {[]entry{{name: "../x", mode: 0o644}}, `the entry "../x" is no plain path`},
		"up inside":        {[]entry{{name: "top/../../x", mode: 0o644}}, `the entry "top/../../x" is no plain path`},
		"absolute":         {[]entry{{name: "/etc/x", mode: 0o644}}, `the entry "/etc/x" is no plain path`},
		"backslashes":      {[]entry{{name: `top\..\..\x`, mode: 0o644}}, "is no plain path"},
		"of a terminal":    {[]entry{{name: "top/\x1b[2J", mode: 0o644}}, "is no plain path"},
		"a folder up":      {[]entry{{name: "../x/", mode: fs.ModeDir | 0o755}}, `the entry "../x/" is no plain path`},
		"a link":           {[]entry{{name: "top/link", content: "/etc/passwd", mode: link, link: "/etc/passwd"}}, `the entry "top/link" is neither a file nor a folder`},
		"through a link":   {[]entry{{name: "top/link", content: "/tmp", mode: link, link: "/tmp"}, {name: "top/link/x", mode: 0o644}}, `the entry "top/link" is neither`},
		"a device":         {[]entry{{name: "top/null", mode: fs.ModeDevice | fs.ModeCharDevice | 0o644}}, `the entry "top/null" is neither`},
		"twice":            {[]entry{{name: "top/a", mode: 0o644}, {name: "./top/a", content: "b", mode: 0o644}}, `the entry "./top/a" is there twice`},
		"a file as folder": {[]entry{{name: "top/a", mode: 0o644}, {name: "top/a/b", mode: 0o644}}, `the entry "a/b" is in the way of another`},
		"our own record":   {[]entry{{name: "top/" + ManifestName, content: "{}", mode: 0o644}}, "is named like the record of downloads"},
		"nothing wanted":   {[]entry{{name: "elsewhere/a", content: "x", mode: 0o644}}, `its archives hold no file in the folder "top"`},
	} {
		for archive, content := range map[Archive][]byte{Zip: zipped(t, e.entries), Tar: tarred(t, e.entries), TarGz: gzipped(t, tarred(t, e.entries))} {
			t.Run(name+" "+string(archive), func(t *testing.T) { refused(t, archive, content, e.want) })
		}
	}
	hard := tarred(t, []entry{{name: "top/a", content: "x", mode: 0o644}, {name: "top/b", link: "top/a", mode: 0o644}})
	refused(t, Tar, hard, `the entry "top/b" is neither a file nor a folder`)
}

// refused wants an archive to be refused, and nothing to be left, in the folder or outside.
func refused(t *testing.T, archive Archive, content []byte, wants ...string) {
	t.Helper()
	b := newBench(t)
	outside := filepath.Join(b.data, "x")
	path := "tiny." + string(archive)
	s := set(path, archive, content, serve(t, path, content))
	_, err := b.get(s)
	b.fails(err, contract.ErrBadData, wants...)
	b.nothing()
	if _, err := os.Lstat(outside); err == nil {
		t.Error("a file was written outside of the folder")
	}
}

func TestBombsAreRefused(t *testing.T) {
	zeros := strings.Repeat("\x00", 1<<20) // 1 kB once compressed
	bomb := []entry{{name: "top/a", content: "x", mode: 0o644}, {name: "top/zeros", content: zeros, mode: 0o644}}
	for archive, content := range map[Archive][]byte{Zip: zipped(t, bomb), TarGz: gzipped(t, tarred(t, bomb))} {
		refused(t, archive, content, `the entry "zeros" has 1048576 bytes, with which the data set has more than the 10000`)
	}
	refused(t, Gz, gzipped(t, []byte(zeros)), `with the entry "tiny" the data set has more than the 10000 bytes`)
	lying := zipped(t, bomb)
	declare(t, lying, "top/zeros", 5)
	refused(t, Zip, lying, `the entry "zeros"`)
	tail := gzipped(t, append(tarred(t, entries(files)), make([]byte, 3<<20)...))
	refused(t, TarGz, tail, "bytes follow the end of the archive")
}

// declare changes the size that a zip archive's directory gives of an entry.
func declare(t *testing.T, archive []byte, name string, size uint32) {
	t.Helper()
	at := bytes.LastIndex(archive, []byte(name)) // in the directory, whose records end in names
	binary.LittleEndian.PutUint32(archive[at-46+24:], size)
	if r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive))); err != nil || r.File[1].UncompressedSize64 != uint64(size) {
		t.Fatalf("the size is not changed: %v", err)
	}
}

func TestDamagedArchivesAreRefused(t *testing.T) {
	all := append(entries(files), entry{name: "top/noise", content: string(fetchtest.Noise(3000)), mode: 0o644})
	packed := gzipped(t, tarred(t, all))
	plain := tarred(t, all)
	flipped := zipped(t, all)
	flipped[bytes.Index(flipped, []byte("top/noise"))+500] ^= 1
	wrong := slices.Clone(packed)
	wrong[len(wrong)-6] ^= 1
	locked := zipped(t, all)
	locked[bytes.LastIndex(locked, []byte("top/noise"))-46+8] |= encrypted
	exotic := zipped(t, all)
	exotic[bytes.LastIndex(exotic, []byte("top/noise"))-46+10] = 99
	for name, c := range map[string]struct {
		archive Archive
		content []byte
		want    string
	}{
		"a zip cut short":              {Zip, zipped(t, all)[:2000], "it is no zip archive, or one that is cut short"},
		"a zip with a bad byte":        {Zip, flipped, `the entry "noise" is damaged or cut short`},
		"a zip with a password":        {Zip, locked, `the entry "top/noise" is encrypted`},
		"an unknown method":            {Zip, exotic, `the entry "top/noise" cannot be read (zip: unsupported compression algorithm)`},
		"no zip":                       {Zip, packed, "it is no zip archive"},
		"a tar cut short":              {Tar, plain[:bytes.Index(plain, []byte("top/noise"))+2000], `the entry "noise" is damaged or cut short (unexpected EOF)`},
		"no tar":                       {Tar, fetchtest.Noise(2000), "it is no tar archive"},
		"an empty tar":                 {Tar, make([]byte, 1024), "it is an empty tar archive, or none"},
		"a gzip cut short":             {TarGz, packed[:len(packed)-6], "is damaged or cut short"},
		"a gzip with a wrong checksum": {TarGz, wrong, "is damaged or cut short"},
		"no gzip":                      {TarGz, plain, "it is no gzip file"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, c.archive, c.content, c.want) })
	}
}

func TestWhatLiesBesideTheWantedFolderIsLeftOutAndTold(t *testing.T) {
	b := newBench(t)
	content := zipped(t, append(entries(files), entry{name: "__MACOSX/._ratings.csv", content: "junk", mode: 0o644}))
	b.mustGet(set("tiny.zip", Zip, content, serve(t, "tiny.zip", content)))
	b.holds(files)
	b.told(`the entry "__MACOSX/._ratings.csv" is left out: it is not in the folder top`)
}

// FuzzUnpack unpacks whatever bytes into a folder: nothing is written outside of it, and
// never more than is allowed.
func FuzzUnpack(f *testing.F) {
	t := &testing.T{}
	for i, content := range [][]byte{zipped(t, entries(files)), tarred(t, entries(files)), gzipped(t, tarred(t, entries(files))), gzipped(t, []byte("x"))} {
		f.Add(uint8(i), content)
	}
	f.Fuzz(func(t *testing.T, kind uint8, content []byte) {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "in"), 0o755); err != nil {
			t.Fatal(err)
		}
		to, err := os.OpenRoot(filepath.Join(dir, "in"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = to.Close() }()
		path := filepath.Join(dir, "archive")
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = file.Close() }()
		u := &unpacking{ctx: t.Context(), to: to, atMost: 1000, note: func(string, ...any) {}, each: func(string) {}}
		err = u.unpack(Download{Path: "a.gz", Archive: []Archive{Zip, Tar, TarGz, Gz}[kind%4]}, file)
		if err != nil && !contract.IsBadInput(err) {
			t.Errorf("%q: not said to be bad data: %v", content, err)
		}
		written := int64(0)
		err = fs.WalkDir(os.DirFS(dir), ".", func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err == nil && !d.IsDir() && p != "archive" {
				written += info.Size()
				if !strings.HasPrefix(p, "in/") || !info.Mode().IsRegular() {
					t.Errorf("%s is a %s", p, info.Mode())
				}
			}
			return err
		})
		if err != nil || written > 1000 {
			t.Errorf("%d bytes are written: %v", written, err)
		}
	})
}
