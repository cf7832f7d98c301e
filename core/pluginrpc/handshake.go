// Package pluginrpc carries the contracts of package contract over gRPC: one
// adapter pair per kind (the client in the runner implements the contract, the
// server in the plugin wraps an implementation), the handshake, the limits and
// the way in which errors keep their meaning.
package pluginrpc

import (
	"fmt"
	"strconv"

	"cllm4rec/core/contract"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// The environment of a plugin process, set by the runner.
const (
	EnvCookie   = "CLLM4REC_PLUGIN_COOKIE"   // tells a start by the runner from one by hand
	EnvKind     = "CLLM4REC_PLUGIN_KIND"     // the kind that the runner expects
	EnvContract = "CLLM4REC_PLUGIN_CONTRACT" // the contract version that the runner speaks
	EnvParent   = "CLLM4REC_PLUGIN_PARENT"   // descriptor of a pipe that ends when the runner does
	EnvLogLevel = "CLLM4REC_PLUGIN_LOG"      // zerolog level
	EnvPair     = "CLLM4REC_PLUGIN_PAIR"     // file with a key and a certificate in PEM that the plugin may serve with
)

// Cookie is the value of EnvCookie. It is no secret: the connection is guarded
// by mutual TLS with certificates made for each start.
const Cookie = "8f0f6a0f-cllm4rec"

// ExitRefused is the exit status of a plugin that refuses the handshake; its
// last line on stderr says why.
const ExitRefused = 76 // EX_PROTOCOL of sysexits.h

// MaxMessage is the limit of one gRPC message in bytes, on both sides.
const MaxMessage = 64 << 20

// Name is the name under which a process serves its one plugin.
const Name = "plugin"

// windowBytes lets a whole chunk travel without waiting for the reader.
const windowBytes = 4 << 20

// Handshake is go-plugin's handshake for a kind.
func Handshake(kind contract.Kind) plugin.HandshakeConfig {
	return plugin.HandshakeConfig{
		ProtocolVersion: uint(kind.Version()), MagicCookieKey: EnvCookie, MagicCookieValue: Cookie,
	}
}

// Environ is what a plugin process needs beside go-plugin's own variables.
func Environ(kind contract.Kind, parent int, level string) []string {
	return []string{
		EnvKind + "=" + string(kind),
		EnvContract + "=" + strconv.Itoa(kind.Version()),
		EnvParent + "=" + strconv.Itoa(parent),
		EnvLogLevel + "=" + level,
	}
}

// CheckHandshake tells a plugin of the given kind and name whether it was
// started by hand, for another kind or under another contract version. getenv
// is os.Getenv.
func CheckHandshake(kind contract.Kind, name string, getenv func(string) string) error {
	wantKind, version := getenv(EnvKind), strconv.Itoa(kind.Version())
	switch {
	case getenv(EnvCookie) != Cookie:
		return fmt.Errorf("%s is a %s plugin of cllm4rec: the runner starts it, it is of no use by hand; see `cllm4rec plugins`", name, kind)
	case wantKind != string(kind):
		return fmt.Errorf("%s is a %s plugin, but the runner expected a %s plugin: its binary lies in the wrong folder", name, kind, wantKind)
	case getenv(EnvContract) != version:
		return fmt.Errorf("%s was built for version %s of the %s contract, the runner speaks version %s: build both from one tree",
			name, version, kind, getenv(EnvContract))
	}
	return nil
}

// DialOptions are the client's limits.
func DialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(MaxMessage), grpc.MaxCallSendMsgSize(MaxMessage)),
		grpc.WithInitialWindowSize(windowBytes), grpc.WithInitialConnWindowSize(2 * windowBytes),
	}
}

func serverOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(MaxMessage), grpc.MaxSendMsgSize(MaxMessage),
		grpc.InitialWindowSize(windowBytes), grpc.InitialConnWindowSize(2 * windowBytes),
	}
}
