package record

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"cllm4rec/core/claim"
)

// fileOf describes a file with the given content.
func fileOf(name string, raw []byte) File {
	return File{name, digestOf(raw)}
}

func digestOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// readFile reads a file and holds it against its checksum.
func readFile(path string, f File) ([]byte, error) {
	raw, err := os.ReadFile(path)
	if err == nil && fileOf(f.Name, raw) != f {
		err = errors.New("its checksum is not the one in record.json")
	}
	return raw, err
}

// halfWritten are the names that disk.Replace gives to the files of a store until they are
// whole.
var halfWritten = regexp.MustCompile(`^\.(plan\.json|index\.json|[A-Za-z0-9][A-Za-z0-9._-]*-[0-9a-f]{12}\.json|record\.json|users\.parquet|items\.parquet|fold-in\.parquet|attributes-[0-9a-f]{12}\.parquet|users-(validation|test)\.csv\.gz|ranking-(validation|test)\.parquet|vectors-(user|item)\.npy)[0-9]+$`)

// sweep removes what killed runs left half written, their claims, and the checkpoints of finished trials. Whoever writes in a folder holds the
// claim of its name, or of the index in that of the store, so that nothing is removed that
// somebody is writing.
func (s *Store) sweep() error {
	all := []error{s.claims.Sweep(filepath.Join(s.dir, claimsFolder))}
	for _, pattern := range []string{".*", "plans/.*", "trials/*/.*", "data/*/.*"} {
		found, err := filepath.Glob(filepath.Join(escapeGlob(s.dir), pattern))
		all = append(all, err)
		for _, path := range found {
			if halfWritten.MatchString(filepath.Base(path)) {
				all = append(all, s.removeUnclaimed(path))
			}
		}
	}
	work, err := filepath.Glob(filepath.Join(escapeGlob(s.dir), "trials", "*", workFolder))
	all = append(all, err)
	for _, path := range work {
		if s.outlived(path) {
			all = append(all, s.removeUnclaimed(path))
		}
	}
	return errors.Join(append(all, s.sweepProgress())...)
}

// outlived reports whether the checkpoints of a trial are older than its finished record: its
// process was killed between the two. Newer ones are of a trial that runs again to keep its model.
func (s *Store) outlived(work string) bool {
	rec, err := os.Stat(filepath.Join(filepath.Dir(work), recordFile))
	if err != nil || !s.finished(filepath.Base(filepath.Dir(work))) {
		return false
	}
	files, err := os.ReadDir(work)
	return err == nil && !slices.ContainsFunc(files, func(e fs.DirEntry) bool {
		info, err := e.Info()
		return err != nil || info.ModTime().After(rec.ModTime())
	})
}

func (s *Store) removeUnclaimed(path string) error {
	name := filepath.Base(filepath.Dir(path))
	if filepath.Dir(path) == filepath.Clean(s.dir) {
		name = indexClaim
	}
	return s.removeIfFree(path, name)
}

// removeIfFree removes a file or folder of a claim that nobody has.
func (s *Store) removeIfFree(path, name string) error {
	c, err := s.Claim(name)
	var held *claim.HeldError
	if errors.As(err, &held) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(path), c.Release()) // it may have become whole, or another run have removed it
}

var globSigns = regexp.MustCompile(`[*?\[\\]`)

func escapeGlob(path string) string { return globSigns.ReplaceAllString(path, `\$0`) }
