package hub

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"cllm4rec/core/contract"
)

// maxAnswer is the most bytes that one answer about a model may have.
const maxAnswer = 64 << 20

// maxPages is the most pages that a list of files may have.
const maxPages = 1000

// snapshot is what the hub says of a model at one commit.
type snapshot struct {
	repo   Repo
	commit string
	files  map[string]file // by path
}

// file is one file of a snapshot with what it must be.
type file struct {
	path   string
	size   int64
	digest digest
}

// digest is a checksum in lower-case hexadecimal: the SHA-256 of large files,
// else the id of git's blob.
type digest struct{ sha256, blob string }

// String is the digest with its kind.
func (d digest) String() string {
	if d.sha256 != "" {
		return "SHA-256 " + d.sha256
	}
	return "git blob " + d.blob
}

var (
	isCommit = regexp.MustCompile(`^[0-9a-f]{40}$`).MatchString
	isSHA256 = regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString
)

// snapshot asks which commit a revision is and what files it has.
func (c *Client) snapshot(ctx context.Context, repo Repo, revision string) (*snapshot, error) {
	var info struct{ SHA string }
	if _, err := c.json(ctx, c.api(repo, "revision", revision), &info); err != nil {
		return nil, c.missing(ctx, repo, revision, err)
	}
	if !isCommit(info.SHA) {
		return nil, contract.Errorf(contract.ErrBadData, "%s gives no commit for %s at %s: is it a hub?", c.endpoint, repo, revision)
	}
	s := &snapshot{repo: repo, commit: info.SHA, files: map[string]file{}}
	tree := c.api(repo, "tree", s.commit)
	query := "recursive=true"
	for range maxPages {
		next, err := c.page(ctx, s, tree+"?"+query)
		if err != nil || next == "" {
			return s, err
		}
		query = next
	}
	return nil, contract.Errorf(contract.ErrBadData, "%s: the list of files has more than %d pages", repo, maxPages)
}

// page adds one page of the list of files; next is the query of the one after it.
func (c *Client) page(ctx context.Context, s *snapshot, at string) (next string, err error) {
	var entries []struct {
		Type, OID, Path string
		Size            int64
		LFS             *struct {
			OID  string
			Size int64
		}
	}
	header, err := c.json(ctx, at, &entries)
	if err != nil {
		return "", c.about(s.repo, err)
	}
	for _, e := range entries {
		f := file{path: e.Path, size: e.Size, digest: digest{blob: strings.ToLower(e.OID)}}
		if e.LFS != nil {
			f.size, f.digest = e.LFS.Size, digest{sha256: strings.ToLower(strings.TrimPrefix(e.LFS.OID, "sha256:"))}
		}
		if e.Type == "file" {
			if err := s.add(f); err != nil {
				return "", err
			}
		}
	}
	return nextQuery(header)
}

func (s *snapshot) add(f file) error {
	if err := checkPath("the hub's list of "+s.repo.String(), f.path); err != nil {
		return err
	}
	if f.size < 0 || !isCommit(f.digest.blob) && !isSHA256(f.digest.sha256) {
		return contract.Errorf(contract.ErrBadData, "%s: the hub's list gives no size and checksum of %s", s.repo, f.path)
	}
	s.files[f.path] = f
	return nil
}

var nextLink = regexp.MustCompile(`<([^>]*)>\s*;[^,]*\brel="?next"?`)

// nextQuery takes only the query of the link to the next page: no server sends
// the client, and its token, elsewhere.
func nextQuery(h http.Header) (string, error) {
	m := nextLink.FindStringSubmatch(strings.Join(h.Values("Link"), ", "))
	if m == nil {
		return "", nil
	}
	u, err := url.Parse(m[1])
	if err != nil || u.RawQuery == "" {
		return "", contract.Errorf(contract.ErrBadData, "the hub's link to the next page of the list of files cannot be read: %q", m[1])
	}
	return u.RawQuery, nil
}

// api is an address below /api/models/OWNER/NAME.
func (c *Client) api(repo Repo, parts ...string) string {
	return c.address(append([]string{"api", "models", repo.Owner, repo.Name}, parts...)...)
}

// json reads an answer into a value; unknown keys are the hub's own business.
func (c *Client) json(ctx context.Context, at string, into any) (header http.Header, err error) {
	raw, header, err := c.bytes(ctx, at, maxAnswer)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s does not answer as a hub does (%q): %v", c.endpoint, oneLine(string(raw[:min(len(raw), 60)])), err)
	}
	return header, nil
}

// bytes reads a whole answer of at most limit bytes.
func (c *Client) bytes(ctx context.Context, at string, limit int64) (raw []byte, header http.Header, err error) {
	err = c.persist(ctx, c.endpoint.Host, func() (bool, error) {
		a, err := c.get(ctx, at, nil)
		if err != nil {
			return false, err
		}
		defer a.close()
		header = a.Header
		if raw, err = io.ReadAll(io.LimitReader(a, limit+1)); err != nil {
			return false, passing(err)
		}
		if int64(len(raw)) > limit {
			return false, contract.Errorf(contract.ErrBadData, "the server answers with more than %d bytes", limit)
		}
		return false, nil
	})
	return raw, header, err
}
