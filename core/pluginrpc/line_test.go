package pluginrpc

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/go-plugin"
)

// goodLine is a handshake as a plugin prints it.
func goodLine(t testing.TB) string {
	t.Helper()
	_, text, err := NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(text))
	return fmt.Sprintf("%d|2|unix|/tmp/p/s|grpc|%s", plugin.CoreProtocolVersion, base64.RawStdEncoding.EncodeToString(block.Bytes))
}

func TestAHandshakeLineIsHeldAgainstEveryField(t *testing.T) {
	good := goodLine(t)
	for _, line := range []string{good, good + "\r", good + "|false"} {
		if err := CheckLine(line, 2); err != nil {
			t.Errorf("%.40s: %v", line, err)
		}
	}
	for change, part := range map[[2]string]string{
		{"1|2|", "2|2|"}:         `core protocol "2", expected 1`,
		{"1|2|", "1|3|"}:         `contract version "3", expected 2`,
		{"unix", "tcp"}:          `network "tcp", expected unix`,
		{"/tmp/p/s", "s"}:        `socket "s", expected an absolute path`,
		{"grpc", "netrpc"}:       `protocol "netrpc", expected grpc`,
		{"grpc|", "grpc|AAAA"}:   "no certificate in the sixth field",
		{"grpc|", "grpc|=\x1b["}: "no certificate in the sixth field",
		{"|unix|", " unix "}:     "expected 1|2|unix|PATH|grpc|CERTIFICATE",
	} {
		if err := CheckLine(strings.Replace(good, change[0], change[1], 1), 2); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: error %v, want %q", change, err, part)
		}
	}
}

func FuzzHandshakeLine(f *testing.F) {
	good := goodLine(f)
	f.Add(good)
	f.Add("1|2|unix|/s|grpc|" + strings.Repeat("A", 200))
	f.Add("|||||||\x00\x1b")
	f.Fuzz(func(t *testing.T, line string) {
		err := CheckLine(line, 2)
		if err != nil && (len(err.Error()) > 1000 || strings.ContainsAny(err.Error(), "\x1b\n")) {
			t.Errorf("the error of %q is %q", line, err)
		}
		if err == nil && len(strings.Split(line, "|")) < 6 {
			t.Errorf("%q is taken", line)
		}
	})
}
