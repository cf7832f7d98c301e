// Package hub gets models from the Hugging Face hub, or from a server with the
// same layout, into folders that can be verified later without any server.
//
// What the server says is not trusted: names stay inside the folder, every file
// has the size and checksum that the hub lists for one commit before it takes
// its place, and the token goes to the hub alone.
package hub

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
)

// DefaultEndpoint is the address of the public hub.
const DefaultEndpoint = "https://huggingface.co"

// DefaultRevision is the branch that is taken when none is named.
const DefaultRevision = "main"

// Options make a Client. All but Endpoint may be left empty.
type Options struct {
	Endpoint string                          // such as DefaultEndpoint; a path before /api is kept
	Token    string                          // of the user's account, for gated and private models
	Patience fetch.Patience                  // with failing servers
	Note     func(format string, a ...any)   // tells what the user should know while it works
	Progress func(p fetch.Progress)          // called often; must not block
	Free     func(dir string) (int64, error) // bytes that a user may write there; nil asks the file system
}

// Client speaks to one hub.
type Client struct {
	endpoint *url.URL
	token    string
	net      *fetch.Client
	note     func(format string, a ...any)
	progress func(fetch.Progress)
	free     func(dir string) (int64, error)
}

// New makes a client. ErrInvalid when the endpoint is no address.
func New(o Options) (*Client, error) {
	endpoint, err := parseEndpoint(o.Endpoint)
	if err != nil {
		return nil, err
	}
	c := &Client{
		endpoint: endpoint, token: strings.TrimSpace(o.Token), note: o.Note, progress: o.Progress, free: o.Free,
	}
	if c.note == nil {
		c.note = func(string, ...any) {}
	}
	if c.progress == nil {
		c.progress = func(fetch.Progress) {}
	}
	if c.free == nil {
		c.free = fetch.FreeSpace
	}
	c.guardToken()
	c.net = fetch.New(fetch.Options{Token: c.token, Patience: o.Patience, Note: c.note, Said: said})
	return c, nil
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

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
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
