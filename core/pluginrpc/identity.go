package pluginrpc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"time"
)

// EnvClientCert is go-plugin's variable for the runner's certificate in PEM: a plugin
// takes calls from its holder alone.
const EnvClientCert = "PLUGIN_CLIENT_CERT"

// serverName is the name in the certificates of both sides.
const serverName = "localhost"

// identityLife bounds how long a certificate is good for; the pair lives no longer than
// one plugin process.
const identityLife = 10 * 365 * 24 * time.Hour

// NewIdentity makes what the runner shows to one plugin: a pair of its own, on P-256,
// which every TLS library takes from a client (go-plugin's own pairs are on P-521,
// which grpcio refuses). The configuration trusts nobody until go-plugin adds the
// certificate of the plugin's handshake; it belongs to one start. certPEM is what
// EnvClientCert holds.
func NewIdentity() (config *tls.Config, certPEM string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, "", err
	}
	der, err := selfSigned(key)
	if err != nil {
		return nil, "", err
	}
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		RootCAs:      x509.NewCertPool(),
		ServerName:   serverName,
		MinVersion:   tls.VersionTLS12,
	}, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), nil
}

// selfSigned is a certificate by the key itself, which stands for its own authority.
func selfSigned(key *ecdsa.PrivateKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: serverName}, DNSNames: []string{serverName},
		NotBefore: now.Add(-time.Minute), NotAfter: now.Add(identityLife), // a minute for clocks that are set back
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		IsCA:        true, BasicConstraintsValid: true,
	}
	return x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
}

// NewPair makes a key and a certificate in PEM that a plugin may serve with, for languages
// whose libraries make none; a plugin that makes its own has no use for it.
func NewPair() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := selfSigned(key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...), nil
}
