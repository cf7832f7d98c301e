package hub

import (
	"encoding/json"
	"errors"
	"net/http"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
)

// code is the hub's word for a refusal, such as "RepoNotFound", "RevisionNotFound",
// "EntryNotFound", "GatedRepo"; "" from other servers. huggingface_hub reads it from
// X-Error-Code (utils/_http.py of release 0.36).
func code(r *fetch.Refused) string { return r.Header.Get("X-Error-Code") }

// said is what a refusal of the hub says.
func said(header http.Header, body []byte) string {
	if text := header.Get("X-Error-Message"); text != "" {
		return text
	}
	var answer struct{ Error string }
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	return answer.Error
}

// about turns the hub's refusal into what the user can do about it.
func (c *Client) about(repo Repo, err error) error {
	r, is := errors.AsType[*fetch.Refused](err)
	if !is {
		return err
	}
	page := c.endpoint.String() + "/" + repo.String()
	switch {
	case code(r) == "GatedRepo":
		return contract.Errorf(contract.ErrInvalid, "%s is gated: accept its licence at %s, then set HF_TOKEN to a token of that account%s", repo, page, c.withToken())
	case badToken(r):
		return contract.Errorf(contract.ErrInvalid, "%s refuses the token in HF_TOKEN: %v", c.endpoint, r)
	case r.Status == http.StatusForbidden:
		return contract.Errorf(contract.ErrInvalid, "%s gives no access to %s: %v%s", c.endpoint, repo, r, c.withToken())
	}
	return err
}

// badToken tells a token that is wrong from one that is missing: both are 401.
func badToken(r *fetch.Refused) bool {
	return r.Status == http.StatusUnauthorized && r.Said == "Invalid credentials in Authorization header"
}

// withToken says whether one was sent; never which.
func (c *Client) withToken() string {
	if c.token == "" {
		return " (HF_TOKEN is not set)"
	}
	return " (the one that HF_TOKEN holds has no access)"
}
