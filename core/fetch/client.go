package fetch

import (
	"net/http"
	"strings"
)

// Options make a Client. All may be left empty.
type Options struct {
	Token    string                        // sent to the host that is asked; never to one that it redirects to
	Patience Patience                      // with failing servers
	Note     func(format string, a ...any) // tells what the user should know while it works
	// Said is what a server's refusal says, from its head and the beginning of its body.
	Said func(header http.Header, body []byte) string
}

// Client downloads.
type Client struct {
	token    string
	http     *http.Client
	patience Patience
	note     func(format string, a ...any)
	said     func(header http.Header, body []byte) string
}

// New makes a client, which uses the proxies of the environment.
func New(o Options) *Client {
	c := &Client{token: strings.TrimSpace(o.Token), patience: o.Patience.withDefaults(), note: o.Note, said: o.Said}
	if c.note == nil {
		c.note = func(string, ...any) {}
	}
	if c.said == nil {
		c.said = func(http.Header, []byte) string { return "" }
	}
	c.http = &http.Client{Transport: transport(), CheckRedirect: redirect}
	return c
}

// transport is the standard one, proxies of the environment included, but leaves
// bodies as they come: ranges count bytes of the file.
func transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableCompression = true
	return t
}
