package record

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"cllm4rec/core/claim"

	"github.com/google/renameio/v2"
)

// fileOf describes a file with the given content.
func fileOf(name string, raw []byte) File {
	sum := sha256.Sum256(raw)
	return File{name, hex.EncodeToString(sum[:])}
}

// readFile reads a file and holds it against its checksum.
func readFile(path string, f File) ([]byte, error) {
	raw, err := os.ReadFile(path)
	if err == nil && fileOf(f.Name, raw) != f {
		err = errors.New("its checksum is not the one in record.json")
	}
	return raw, err
}

// writeFile replaces a file atomically. Until then the content lies beside it,
// under a name that only a killed process leaves behind and that sweep finds.
func writeFile(path string, raw []byte) error {
	dir := filepath.Dir(path)
	if err := renameio.WriteFile(path, raw, 0o644, renameio.WithTempDir(dir)); err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	folder, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("%s cannot be made durable: %w", path, err)
	}
	defer func() { _ = folder.Close() }()
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("%s cannot be made durable: %w", path, err)
	}
	return nil
}

// halfWritten are the names that writeFile gives to files until they are whole: a
// point, the name and a number.
var halfWritten = regexp.MustCompile(`^\.(plan\.json|index\.json|[A-Za-z0-9][A-Za-z0-9._-]*-[0-9a-f]{12}\.json|record\.json|users\.parquet|items\.parquet|fold-in\.parquet|attributes-[0-9a-f]{12}\.parquet|users-(validation|test)\.csv\.gz|ranking-(validation|test)\.parquet|vectors-(user|item)\.npy)[0-9]+$`)

// sweep removes what killed runs left half written. Whoever writes in a folder holds the
// claim of its name, or of the index in that of the store, so that nothing is removed that
// somebody is writing.
func (s *Store) sweep() error {
	var all []error
	for _, pattern := range []string{".*", "plans/.*", "trials/*/.*", "data/*/.*"} {
		found, err := filepath.Glob(filepath.Join(escapeGlob(s.dir), pattern))
		all = append(all, err)
		for _, path := range found {
			if halfWritten.MatchString(filepath.Base(path)) {
				all = append(all, s.removeUnclaimed(path))
			}
		}
	}
	return errors.Join(all...)
}

func (s *Store) removeUnclaimed(path string) error {
	name := filepath.Base(filepath.Dir(path))
	if filepath.Dir(path) == filepath.Clean(s.dir) {
		name = indexClaim
	}
	c, err := s.Claim(name)
	var held *claim.HeldError
	if errors.As(err, &held) {
		return nil
	}
	if err != nil {
		return err
	}
	if err = os.Remove(path); errors.Is(err, fs.ErrNotExist) {
		err = nil // it became whole, or another run removed it
	}
	return errors.Join(err, c.Release())
}

var globSigns = regexp.MustCompile(`[*?\[\\]`)

func escapeGlob(path string) string { return globSigns.ReplaceAllString(path, `\$0`) }
