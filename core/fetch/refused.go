package fetch

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Refused is an answer that says no.
type Refused struct {
	Status int
	Header http.Header
	Said   string // one line of the server's; "" none that is understood
}

// Error is what the server said.
func (r *Refused) Error() string {
	text := fmt.Sprintf("the server answers %d %s", r.Status, http.StatusText(r.Status))
	if r.Said != "" {
		text += " (" + r.Said + ")"
	}
	return text
}

// refusal reads an answer that is no success.
func (c *Client) refusal(a *Answer) error {
	body, _ := io.ReadAll(io.LimitReader(a, 1<<16)) // what came of it will do
	r := &Refused{Status: a.StatusCode, Header: a.Header, Said: OneLine(c.said(a.Header, body))}
	switch {
	case r.Status == http.StatusTooManyRequests, r.Status == http.StatusRequestTimeout, r.Status == http.StatusTooEarly,
		r.Status >= 500 && r.Status != http.StatusNotImplemented:
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

// OneLine is a text of a server fit for a terminal.
func OneLine(s string) string {
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
