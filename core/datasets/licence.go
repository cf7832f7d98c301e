package datasets

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
)

// Digest stands for what a licence says: another wording is another licence, which is
// asked for again.
func (l Licence) Digest() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n", l.Terms, l.URL))
	return hex.EncodeToString(sum[:])
}

// Agreed says when a user of this machine agreed to a licence; not ok when never.
func (l Licence) Agreed() (when time.Time, ok bool, err error) {
	path, err := l.memory()
	if err != nil {
		return time.Time{}, false, err
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, err
	}
	when, err = time.Parse(time.RFC3339, string(raw))
	return when, err == nil, nil // what cannot be read was not agreed to
}

// Agree remembers that a user agreed to a licence.
func (l Licence) Agree(when time.Time) error {
	path, err := l.memory()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("that the licence was agreed to cannot be remembered: %w", err)
	}
	return renameio.WriteFile(path, []byte(when.UTC().Format(time.RFC3339)), 0o644, renameio.WithTempDir(filepath.Dir(path)))
}

// memory is the file that says when a licence was agreed to.
func (l Licence) memory() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(base, "cllm4rec", "licences", l.Digest()[:16]), nil
}
