package fetch

import (
	"crypto/md5"  // what GroupLens publishes
	"crypto/sha1" // git's own checksum
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"regexp"
)

// UnknownSize is the size of a file of which nobody says how large it is.
const UnknownSize = -1

// Digest is a checksum in lower-case hexadecimal. The first that is set decides; of the
// zero Digest nobody says what the content is.
type Digest struct {
	SHA256 string
	Blob   string // git's id of the content: SHA-1 over `blob SIZE\0` and the content
	SHA1   string
	MD5    string // finds damage, not malice
}

// String is the digest with its kind; "" of the zero Digest.
func (d Digest) String() string {
	what, want, _ := d.kind(0)
	if want == "" {
		return ""
	}
	return what + " " + want
}

// Known reports whether anybody says what the content is.
func (d Digest) Known() bool { return d != Digest{} }

// kind is the name of the checksum that decides, its value, and a hash that computes it;
// the SHA-256 is computed anyway, so it has none.
func (d Digest) kind(size int64) (what, want string, sum hash.Hash) {
	switch {
	case d.SHA256 != "":
		return "SHA-256", d.SHA256, nil
	case d.Blob != "":
		sum = sha1.New()
		_, _ = fmt.Fprintf(sum, "blob %d\x00", size)
		return "git blob", d.Blob, sum
	case d.SHA1 != "":
		return "SHA-1", d.SHA1, sha1.New()
	case d.MD5 != "":
		return "MD5", d.MD5, md5.New()
	}
	return "", "", nil
}

// The forms of checksums in lower-case hexadecimal.
var (
	IsSHA256 = regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString
	IsSHA1   = regexp.MustCompile(`^[0-9a-f]{40}$`).MatchString
)

// Mismatch says that content is not what it should be.
type Mismatch struct{ What, Got, Want string }

// Error names both checksums.
func (m *Mismatch) Error() string {
	return fmt.Sprintf("the content has the %s %s, expected %s", m.What, m.Got, m.Want)
}

// Sum holds content against size and checksum of a file and gives its SHA-256: a
// *Mismatch, or what reading it fails with.
func (f File) Sum(content io.Reader) (string, error) {
	what, want, sum := f.Digest.kind(f.Size)
	whole := sha256.New()
	both := io.Writer(whole)
	if sum != nil {
		both = io.MultiWriter(whole, sum)
	}
	n, err := io.CopyBuffer(both, content, make([]byte, 1<<20))
	if err != nil {
		return "", err
	}
	if f.Size != UnknownSize && n != f.Size {
		return "", &Mismatch{"size", fmt.Sprint(n), fmt.Sprint(f.Size)}
	}
	sha := hex.EncodeToString(whole.Sum(nil))
	got := sha
	if sum != nil {
		got = hex.EncodeToString(sum.Sum(nil))
	}
	if want != "" && got != want {
		return "", &Mismatch{what, got, want}
	}
	return sha, nil
}
