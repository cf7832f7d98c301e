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
	"cllm4rec/core/fetch"
)

// maxAnswer is the most bytes that one answer about a model may have.
const maxAnswer = 64 << 20

// maxPages is the most pages that a list of files may have.
const maxPages = 1000

// snapshot is what the hub says of a model at one commit.
type snapshot struct {
	repo   Repo
	commit string
	files  map[string]fetch.File // by path, with the SHA-256 of large files, else the id of git's blob
}

// snapshot asks which commit a revision is and what files it has.
func (c *Client) snapshot(ctx context.Context, repo Repo, revision string) (*snapshot, error) {
	var info struct{ SHA string }
	if _, err := c.json(ctx, c.api(repo, "revision", revision), &info); err != nil {
		return nil, c.missing(ctx, repo, revision, err)
	}
	if !fetch.IsSHA1(info.SHA) {
		return nil, contract.Errorf(contract.ErrBadData, "%s gives no commit for %s at %s: is it a hub?", c.endpoint, repo, revision)
	}
	s := &snapshot{repo: repo, commit: info.SHA, files: map[string]fetch.File{}}
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
		f := fetch.File{Path: e.Path, Size: e.Size, Digest: fetch.Digest{Blob: strings.ToLower(e.OID)}}
		if e.LFS != nil {
			f.Size, f.Digest = e.LFS.Size, fetch.Digest{SHA256: strings.ToLower(strings.TrimPrefix(e.LFS.OID, "sha256:"))}
		}
		if e.Type == "file" {
			if err := s.add(f); err != nil {
				return "", err
			}
		}
	}
	return nextQuery(header)
}

func (s *snapshot) add(f fetch.File) error {
	if err := checkPath("the hub's list of "+s.repo.String(), f.Path); err != nil {
		return err
	}
	if f.Size < 0 || !fetch.IsSHA1(f.Digest.Blob) && !fetch.IsSHA256(f.Digest.SHA256) {
		return contract.Errorf(contract.ErrBadData, "%s: the hub's list gives no size and checksum of %s", s.repo, f.Path)
	}
	s.files[f.Path] = f
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
		return nil, contract.Errorf(contract.ErrBadData, "%s does not answer as a hub does (%q): %v", c.endpoint, fetch.OneLine(string(raw[:min(len(raw), 60)])), err)
	}
	return header, nil
}

// bytes reads a whole answer of at most limit bytes.
func (c *Client) bytes(ctx context.Context, at string, limit int64) (raw []byte, header http.Header, err error) {
	err = c.net.Persist(ctx, c.endpoint.Host, func() (bool, error) {
		a, err := c.net.Ask(ctx, at, nil)
		if err != nil {
			return false, err
		}
		defer a.Close()
		header = a.Header
		if raw, err = io.ReadAll(io.LimitReader(a, limit+1)); err != nil {
			return false, fetch.Passing(err)
		}
		if int64(len(raw)) > limit {
			return false, contract.Errorf(contract.ErrBadData, "the server answers with more than %d bytes", limit)
		}
		return false, nil
	})
	return raw, header, err
}
