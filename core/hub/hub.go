// Package hub gets models from the Hugging Face hub, or from a server with the
// same layout, into folders that can be verified later without any server.
//
// What the server says is not trusted: names stay inside the folder, every file
// has the size and checksum that the hub lists for one commit before it takes
// its place, and the token goes to the hub alone.
package hub

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cllm4rec/core/contract"
)

// DefaultEndpoint is the address of the public hub.
const DefaultEndpoint = "https://huggingface.co"

// DefaultRevision is the branch that is taken when none is named.
const DefaultRevision = "main"

// Patience says how long a client bears a server that fails. The zero value of
// a field takes the default in brackets.
type Patience struct {
	Attempts int           // in a row without a single byte before it gives up [6]
	Wait     time.Duration // before the second attempt; doubles each time [1 s]
	MaxWait  time.Duration // longest wait, also for a server's Retry-After [5 min]
	Stall    time.Duration // longest silence of a connection [1 min]
}

func (p Patience) withDefaults() Patience {
	return Patience{
		Attempts: orElse(p.Attempts, 6), Wait: orElse(p.Wait, time.Second),
		MaxWait: orElse(p.MaxWait, 5*time.Minute), Stall: orElse(p.Stall, time.Minute),
	}
}

func orElse[T comparable](value, standard T) T {
	var zero T
	if value == zero {
		return standard
	}
	return value
}

// Options make a Client. All but Endpoint may be left empty.
type Options struct {
	Endpoint string                          // such as DefaultEndpoint; a path before /api is kept
	Token    string                          // of the user's account, for gated and private models
	Patience Patience                        // with failing servers
	Note     func(format string, a ...any)   // tells what the user should know while it works
	Progress func(p Progress)                // called often; must not block
	Free     func(dir string) (int64, error) // bytes that a user may write there; nil asks the file system
}

// Progress tells how far a download or a check is, in bytes.
type Progress struct {
	Checking    bool   // files on disk are read rather than downloaded
	File        string // at work
	Done, Total int64  // over all files
}

// Client speaks to one hub.
type Client struct {
	endpoint *url.URL
	token    string
	http     *http.Client
	patience Patience
	note     func(format string, a ...any)
	progress func(Progress)
	free     func(dir string) (int64, error)
}

// New makes a client. ErrInvalid when the endpoint is no address.
func New(o Options) (*Client, error) {
	endpoint, err := parseEndpoint(o.Endpoint)
	if err != nil {
		return nil, err
	}
	c := &Client{
		endpoint: endpoint, token: strings.TrimSpace(o.Token), patience: o.Patience.withDefaults(),
		note: o.Note, progress: o.Progress, free: o.Free,
	}
	if c.note == nil {
		c.note = func(string, ...any) {}
	}
	if c.progress == nil {
		c.progress = func(Progress) {}
	}
	if c.free == nil {
		c.free = freeSpace
	}
	c.http = &http.Client{Transport: transport(), CheckRedirect: c.redirect}
	c.guardToken()
	return c, nil
}

// transport is the standard one, proxies of the environment included, but leaves
// bodies as they come: ranges count bytes of the file.
func transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableCompression = true
	return t
}

func parseEndpoint(text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.RawQuery != "" || u.Fragment != "" {
		return nil, contract.Errorf(contract.ErrInvalid, "the endpoint %q is no address of a hub: expected one such as %s", text, DefaultEndpoint)
	}
	if u.User != nil {
		return nil, contract.Errorf(contract.ErrInvalid, "the endpoint %s holds a user name: leave it out and put a token into HF_TOKEN", u.Redacted())
	}
	return u, nil
}

// guardToken keeps the token at home when the way to the hub can be listened to.
func (c *Client) guardToken() {
	if c.token != "" && c.endpoint.Scheme == "http" && !loopback(c.endpoint.Hostname()) {
		c.note("the token is not sent: %s is not encrypted", c.endpoint)
		c.token = ""
	}
}

// address is the URL of a path on the hub; parts are escaped whole.
func (c *Client) address(parts ...string) string {
	text := c.endpoint.String()
	for _, p := range parts {
		text += "/" + url.PathEscape(p)
	}
	return text
}

// Repo is the name of a model on the hub.
type Repo struct{ Owner, Name string }

// ParseRepo reads "owner/name". ErrInvalid says what it should have been.
func ParseRepo(text string) (Repo, error) {
	owner, name, _ := strings.Cut(text, "/")
	if properName(owner) && properName(name) {
		return Repo{owner, name}, nil
	}
	hint := ""
	if parts := strings.Split(strings.Trim(text, "/"), "/"); strings.Contains(text, "://") && len(parts) >= 5 {
		if properName(parts[3]) && properName(parts[4]) {
			hint = fmt.Sprintf("; did you mean %q?", parts[3]+"/"+parts[4])
		}
	}
	return Repo{}, contract.Errorf(contract.ErrInvalid, "%q is no name of a model: expected OWNER/NAME as on the hub, such as openai-community/gpt2%s", text, hint)
}

// properName holds the hub's rule: letters, digits, "-", "_" and ".", no ".." or "--", at most 96.
func properName(s string) bool {
	if s == "" || len(s) > 96 || strings.Contains(s, "..") || strings.Contains(s, "--") || strings.ContainsAny(s[:1]+s[len(s)-1:], "-.") {
		return false
	}
	for _, r := range s {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", r) {
			return false
		}
	}
	return true
}

// String is "owner/name".
func (r Repo) String() string { return r.Owner + "/" + r.Name }
