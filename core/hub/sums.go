package hub

import (
	"crypto/sha1" // git's own checksum
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
)

// mismatch says that content is not what the hub lists.
type mismatch struct{ what, got, want string }

// Error names both checksums.
func (m *mismatch) Error() string {
	return fmt.Sprintf("the content has the %s %s, expected %s", m.what, m.got, m.want)
}

// matches holds content against size and checksum: nil or a *mismatch, or what
// reading it fails with.
func (f file) matches(content io.Reader) error {
	_, err := f.sum(content)
	return err
}

// sum is matches and gives the content's SHA-256.
func (f file) sum(content io.Reader) (string, error) {
	whole, blob := sha256.New(), hash.Hash(nil)
	both := io.Writer(whole)
	if f.digest.sha256 == "" {
		blob = sha1.New()
		_, _ = fmt.Fprintf(blob, "blob %d\x00", f.size)
		both = io.MultiWriter(whole, blob)
	}
	n, err := io.CopyBuffer(both, content, make([]byte, 1<<20))
	if err != nil {
		return "", err
	}
	if n != f.size {
		return "", &mismatch{"size", fmt.Sprint(n), fmt.Sprint(f.size)}
	}
	got := hex.EncodeToString(whole.Sum(nil))
	if blob == nil && got != f.digest.sha256 {
		return "", &mismatch{"SHA-256", got, f.digest.sha256}
	}
	if blob != nil {
		if id := hex.EncodeToString(blob.Sum(nil)); id != f.digest.blob {
			return "", &mismatch{"git blob id", id, f.digest.blob}
		}
	}
	return got, nil
}
