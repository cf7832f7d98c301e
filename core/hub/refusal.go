package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"cllm4rec/core/contract"
)

// refused is an answer of the hub that says no. Codes are the hub's header
// X-Error-Code, as huggingface_hub reads them (utils/_http.py of release 0.36).
type refused struct {
	status int
	code   string // such as "RepoNotFound", "RevisionNotFound", "EntryNotFound", "GatedRepo"; "" from other servers
	said   string // one line of the server's
}

// Error is what the server said.
func (r *refused) Error() string {
	text := fmt.Sprintf("the server answers %d %s", r.status, http.StatusText(r.status))
	if r.said != "" {
		text += " (" + r.said + ")"
	}
	return text
}

// refusal reads an answer that is no success.
func (c *Client) refusal(a *answer) error {
	r := &refused{status: a.StatusCode, code: a.Header.Get("X-Error-Code"), said: oneLine(a.Header.Get("X-Error-Message"))}
	if r.said == "" {
		var body struct{ Error string }
		if raw, err := io.ReadAll(io.LimitReader(a, 1<<16)); err == nil && json.Unmarshal(raw, &body) == nil {
			r.said = oneLine(body.Error)
		}
	}
	switch {
	case r.status == http.StatusTooManyRequests, r.status == http.StatusRequestTimeout, r.status == http.StatusTooEarly,
		r.status >= 500 && r.status != http.StatusNotImplemented:
		return &transient{r, retryAfter(a.Header.Get("Retry-After"), time.Now())}
	}
	return r
}

// retryAfter reads seconds or a date; 0 when there is neither.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 1<<30)) * time.Second
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}

// oneLine is a text of a server fit for a terminal.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	runes := []rune(strings.Join(strings.Fields(s), " "))
	if len(runes) > 200 {
		return string(runes[:200]) + "..."
	}
	return string(runes)
}

// about turns the hub's refusal into what the user can do about it.
func (c *Client) about(repo Repo, err error) error {
	r, is := errors.AsType[*refused](err)
	if !is {
		return err
	}
	page := c.endpoint.String() + "/" + repo.String()
	switch {
	case r.code == "GatedRepo":
		return contract.Errorf(contract.ErrInvalid, "%s is gated: accept its licence at %s, then set HF_TOKEN to a token of that account%s", repo, page, c.withToken())
	case r.badToken():
		return contract.Errorf(contract.ErrInvalid, "%s refuses the token in HF_TOKEN: %v", c.endpoint, r)
	case r.status == http.StatusForbidden:
		return contract.Errorf(contract.ErrInvalid, "%s gives no access to %s: %v%s", c.endpoint, repo, r, c.withToken())
	}
	return err
}

// badToken tells a token that is wrong from one that is missing: both are 401.
func (r *refused) badToken() bool {
	return r.status == http.StatusUnauthorized && r.said == "Invalid credentials in Authorization header"
}

// withToken says whether one was sent; never which.
func (c *Client) withToken() string {
	if c.token == "" {
		return " (HF_TOKEN is not set)"
	}
	return " (the one that HF_TOKEN holds has no access)"
}
