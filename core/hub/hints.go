package hub

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
	"cllm4rec/core/schema"
)

// missing says which name is wrong, the model's or the revision's, and what is near it.
func (c *Client) missing(ctx context.Context, repo Repo, revision string, err error) error {
	r, is := errors.AsType[*fetch.Refused](err)
	if !is || code(r) == "GatedRepo" || badToken(r) || r.Status != http.StatusNotFound && r.Status != http.StatusUnauthorized {
		return c.about(repo, err)
	}
	if code(r) == "RevisionNotFound" {
		return contract.Errorf(contract.ErrNotFound, "%s has no revision %q%s", repo, revision, near(revision, c.revisions(ctx, repo)))
	}
	return contract.Errorf(contract.ErrNotFound, "%s has no model %s that is public%s%s", c.endpoint, repo, privately(c.token), near(repo.String(), c.search(ctx, repo)))
}

func privately(token string) string {
	if token == "" {
		return " (a private one needs HF_TOKEN)"
	}
	return " or that HF_TOKEN has access to"
}

// near suggests a name: the nearest, else the first.
func near(name string, known []string) string {
	if len(known) == 0 || slices.Contains(known, name) {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", cmp.Or(schema.Nearest(name, known), known[0]))
}

// search lists a few models whose names contain the wanted one; none when the
// hub does not answer, because it is only for a hint.
func (c *Client) search(ctx context.Context, repo Repo) []string {
	var found []struct{ ID string }
	at := c.address("api", "models") + "?" + url.Values{"search": {repo.Name}, "limit": {"10"}, "sort": {"downloads"}}.Encode()
	if c.hint(ctx, at, &found) != nil {
		return nil
	}
	var names []string
	for _, f := range found {
		if r, err := ParseRepo(f.ID); err == nil {
			names = append(names, r.String())
		}
	}
	return names
}

// revisions lists branches and tags, for a hint.
func (c *Client) revisions(ctx context.Context, repo Repo) []string {
	var refs struct{ Branches, Tags []struct{ Name string } }
	if c.hint(ctx, c.api(repo, "refs"), &refs) != nil {
		return nil
	}
	var names []string
	for _, r := range append(refs.Branches, refs.Tags...) {
		names = append(names, fetch.OneLine(r.Name))
	}
	return names
}

// hint asks once.
func (c *Client) hint(ctx context.Context, at string, into any) error {
	a, err := c.net.Ask(ctx, at, nil)
	if err != nil {
		return err
	}
	defer a.Close()
	return json.NewDecoder(io.LimitReader(a, maxAnswer)).Decode(into)
}
