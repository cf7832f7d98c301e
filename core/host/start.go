package host

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/pluginrpc"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	goplugin "github.com/hashicorp/go-plugin/runner"
	"github.com/rs/zerolog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// lifeFD is the descriptor of the pipe in the plugin: the first extra file.
const lifeFD = 3

// introduced starts a plugin and asks it what it is.
func (h *Host) introduced(ctx context.Context, kind contract.Kind, name string) (*process, error) {
	binary, err := h.Find(kind, name)
	if err != nil {
		return nil, err
	}
	p, err := h.launch(ctx, binary)
	if err != nil {
		return nil, err
	}
	if err := p.introduce(ctx); err != nil {
		p.discard()
		return nil, named(name, err)
	}
	return p, nil
}

// named puts the plugin's name before an error that does not have it yet.
func named(name string, err error) error {
	if err == nil || errors.Is(err, contract.ErrDied) {
		return err
	}
	return fmt.Errorf("plugin %s: %w", name, err)
}

// launch starts the process and shakes hands.
func (h *Host) launch(ctx context.Context, binary Binary) (*process, error) {
	program, err := h.program(binary)
	if err != nil {
		return nil, err
	}
	sum, err := program.sum()
	if err != nil {
		return nil, named(binary.Name, err)
	}
	identity, certificate, err := pluginrpc.NewIdentity()
	if err != nil {
		return nil, named(binary.Name, err)
	}
	dir, err := h.runtime.sub()
	if err != nil {
		return nil, named(binary.Name, err)
	}
	pair, err := writePair(dir)
	if err != nil {
		return nil, named(binary.Name, err)
	}
	theirs, life, err := os.Pipe()
	if err != nil {
		return nil, named(binary.Name, err)
	}
	defer func() { _ = theirs.Close() }()
	p := &process{
		host: h, binary: binary, program: program, checksum: sum, dir: dir, life: life,
		words: &stderrTail{log: h.options.Log.With().Str("plugin", binary.Name).Logger()},
	}
	p.cmd = h.command(program, append(pluginrpc.Environ(binary.Kind, lifeFD, logLevel(h.options.Log)), pluginrpc.EnvPair+"="+pair), theirs)
	p.runner = newRunner(p.cmd, binary.Kind.Version(), &lineWriter{to: p.words})
	p.watch = &watch{process: p, patience: h.patience(), calls: map[*call]struct{}{}}
	p.client = plugin.NewClient(p.config(identity, certificate))
	if err := p.connect(ctx); err != nil {
		return nil, err
	}
	if err := h.adopt(p); err != nil {
		p.discard()
		return nil, named(binary.Name, err)
	}
	return p, nil
}

// writePair puts a key and a certificate into a plugin's private folder.
func writePair(dir string) (path string, err error) {
	pair, err := pluginrpc.NewPair()
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "pair.pem")
	return path, os.WriteFile(path, pair, 0o600)
}

// logLevel is the level that plugins log at: the runner's, but at least
// warnings, which become the end of its stderr.
func logLevel(log zerolog.Logger) string { return min(log.GetLevel(), zerolog.WarnLevel).String() }

func (p *process) config(identity *tls.Config, certificate string) *plugin.ClientConfig {
	return &plugin.ClientConfig{
		HandshakeConfig:  pluginrpc.Handshake(p.binary.Kind),
		Plugins:          pluginrpc.Using(p.binary.Kind, p.diagnose),
		RunnerFunc:       p.run(certificate),
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: p.dir},
		SkipHostEnv:      true,
		TLSConfig:        identity,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		GRPCDialOptions: append(pluginrpc.DialOptions(),
			grpc.WithChainUnaryInterceptor(p.watch.unary), grpc.WithChainStreamInterceptor(p.watch.stream)),
		StartTimeout: p.host.options.StartTimeout,
		SyncStdout:   &lineWriter{to: p.words},
		SyncStderr:   &lineWriter{to: p.words},
		Logger:       hclog.New(&hclog.LoggerOptions{Level: hclog.Off, Output: io.Discard}),
	}
}

// run gives the process what go-plugin puts into the environment, and what it needs
// beside: the folder for its socket and the one certificate whose holder it serves.
func (p *process) run(certificate string) func(hclog.Logger, *exec.Cmd, string) (goplugin.Runner, error) {
	return func(_ hclog.Logger, spec *exec.Cmd, _ string) (goplugin.Runner, error) {
		if sum, err := p.program.current(p.binary); err != nil {
			return nil, err
		} else if sum != p.checksum {
			return nil, errChanged
		}
		p.cmd.Env = append(p.cmd.Env, spec.Env...)
		p.cmd.Env = append(p.cmd.Env, plugin.EnvUnixSocketDir+"="+p.dir, pluginrpc.EnvClientCert+"="+certificate)
		return p.runner, nil
	}
}

// errChanged: the files are not those that were summed.
var errChanged = errors.New("the plugin changed")

// connect starts the process and dispenses the plugin. When ctx ends first, the
// process is killed.
func (p *process) connect(ctx context.Context) error {
	stop := context.AfterFunc(ctx, p.kill)
	defer stop()
	began := time.Now()
	protocol, err := p.client.Client()
	if err != nil {
		err = p.startError(ctx, err, time.Since(began))
		p.discard()
		return err
	}
	connection := protocol.(*plugin.GRPCClient).Conn // gRPC is the one protocol allowed
	p.watch.health = grpc_health_v1.NewHealthClient(connection)
	raw, err := protocol.Dispense(pluginrpc.Name)
	if err != nil {
		p.discard()
		return named(p.binary.Name, err)
	}
	p.rpc = raw.(contract.Plugin) // what pluginrpc.Using dispenses
	go p.watch.run()
	return nil
}

// introduce asks the plugin what it is.
func (p *process) introduce(ctx context.Context) error {
	info, err := p.rpc.Info(ctx)
	if err != nil {
		return err
	}
	if info.Name != p.binary.Name || info.Kind != p.binary.Kind {
		return contract.Errorf(contract.ErrInvalid, "%s says that it is the %s plugin %q", p.binary.Path, info.Kind, info.Name)
	}
	p.info = info
	return nil
}

// startError words a failed start: the plugin's own refusal, or how the process
// ended and the end of its stderr, such as a shared library that is missing.
func (p *process) startError(ctx context.Context, err error, after time.Duration) error {
	name, path := p.binary.Name, p.binary.Path
	switch {
	case ctx.Err() != nil:
		return named(name, ctx.Err())
	case errors.Is(err, errChanged):
		return contract.Errorf(contract.ErrBadData, "plugin %s: %s changed while it was being started", name, path)
	case p.cmd.Process == nil:
		return fmt.Errorf("plugin %s did not start: %w", name, err)
	case p.runner.refusal() != nil:
		return contract.Errorf(contract.ErrUnsupported, "plugin %s (%s) did not shake hands: %v", name, path, p.runner.refusal())
	}
	ended := p.runner.exited(ctx, exitWait)
	last := p.words.lines() // complete now
	switch {
	case !ended || p.runner.wasKilled():
		reason, _, _ := strings.Cut(err.Error(), "\n") // go-plugin killed it and says why
		return fmt.Errorf("plugin %s (%s) did not shake hands within %s: %s%s", name, path, after.Round(time.Millisecond), reason, quote(last))
	case p.cmd.ProcessState.ExitCode() == pluginrpc.ExitRefused && len(last) > 0:
		return contract.Errorf(contract.ErrUnsupported, "%s", last[len(last)-1])
	}
	return contract.Errorf(contract.ErrDied, "plugin %s (%s) did not start: %s%s%s", name, path, ending(p.cmd.ProcessState), addressLimit(), quote(last))
}
