package pluginrpc

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hashicorp/go-plugin"
)

// MaxHandshake is the most bytes of a plugin's first line on stdout.
const MaxHandshake = 16 << 10

// CheckLine holds the first line that a plugin prints against the handshake
//
//	1|VERSION|unix|PATH|grpc|CERTIFICATE
//
// where VERSION is that of the contract, PATH the absolute path of the socket and
// CERTIFICATE the plugin's certificate (DER, base64 without padding). The error says
// what stands where something else is expected.
func CheckLine(line string, version int) error {
	fields := strings.Split(strings.TrimSpace(line), "|")
	if len(line) > MaxHandshake || len(fields) < 6 {
		return fmt.Errorf("its first line on stdout is %.80q; expected 1|%d|unix|PATH|grpc|CERTIFICATE", line, version)
	}
	for _, f := range []struct{ what, got, want string }{
		{"core protocol", fields[0], strconv.Itoa(plugin.CoreProtocolVersion)},
		{"contract version", fields[1], strconv.Itoa(version)},
		{"network", fields[2], "unix"},
		{"protocol", fields[4], string(plugin.ProtocolGRPC)},
	} {
		if f.got != f.want {
			return fmt.Errorf("its handshake has %s %.40q, expected %s", f.what, f.got, f.want)
		}
	}
	if !filepath.IsAbs(fields[3]) {
		return fmt.Errorf("its handshake has the socket %.80q, expected an absolute path", fields[3])
	}
	der, err := base64.RawStdEncoding.DecodeString(fields[5])
	if err == nil {
		_, err = x509.ParseCertificate(der)
	}
	if err != nil {
		return fmt.Errorf("its handshake has no certificate in the sixth field (DER, base64 without padding): %v", err)
	}
	return nil
}
