package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/pluginrpc"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/rs/zerolog"
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
	sum, err := h.checksum(binary.Path)
	if err != nil {
		return nil, named(binary.Name, err)
	}
	dir, err := h.runtime.sub()
	if err != nil {
		return nil, named(binary.Name, err)
	}
	theirs, life, err := os.Pipe()
	if err != nil {
		return nil, named(binary.Name, err)
	}
	defer func() { _ = theirs.Close() }()
	p := &process{
		host: h, binary: binary, checksum: sum, dir: dir, life: life,
		words: &stderrTail{log: h.options.Log.With().Str("plugin", binary.Name).Logger()},
	}
	p.cmd = h.command(binary, dir, theirs)
	p.client = plugin.NewClient(p.config())
	if err := p.connect(ctx); err != nil {
		return nil, err
	}
	if err := h.adopt(p); err != nil {
		p.discard()
		return nil, named(binary.Name, err)
	}
	return p, nil
}

func (h *Host) command(binary Binary, dir string, life *os.File) *exec.Cmd {
	cmd := exec.Command(binary.Path)
	cmd.ExtraFiles = []*os.File{life}
	cmd.Env = append(h.options.environ(os.Environ()), plugin.EnvUnixSocketDir+"="+dir)
	cmd.Env = append(cmd.Env, pluginrpc.Environ(binary.Kind, lifeFD, logLevel(h.options.Log))...)
	return cmd
}

// logLevel is the level that plugins log at: the runner's, but at least
// warnings, which become the end of its stderr.
func logLevel(log zerolog.Logger) string { return min(log.GetLevel(), zerolog.WarnLevel).String() }

func (p *process) config() *plugin.ClientConfig {
	sum, _ := hex.DecodeString(p.checksum) // it was encoded here
	return &plugin.ClientConfig{
		HandshakeConfig:  pluginrpc.Handshake(p.binary.Kind),
		Plugins:          pluginrpc.Using(p.binary.Kind, p.diagnose),
		Cmd:              p.cmd,
		SkipHostEnv:      true,
		SecureConfig:     &plugin.SecureConfig{Checksum: sum, Hash: sha256.New()},
		AutoMTLS:         true,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		GRPCDialOptions:  pluginrpc.DialOptions(),
		StartTimeout:     p.host.options.StartTimeout,
		Stderr:           &lineWriter{to: p.words},
		SyncStdout:       &lineWriter{to: p.words},
		SyncStderr:       &lineWriter{to: p.words},
		Logger:           hclog.New(&hclog.LoggerOptions{Level: hclog.Off, Output: io.Discard}),
	}
}

// connect starts the process and dispenses the plugin. When ctx ends first, the
// pipe closes, at which a plugin exits.
func (p *process) connect(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = p.life.Close() })
	defer stop()
	began := time.Now()
	protocol, err := p.client.Client()
	if err != nil {
		err = p.startError(ctx, err, time.Since(began))
		p.discard()
		return err
	}
	raw, err := protocol.Dispense(pluginrpc.Name)
	if err != nil {
		p.discard()
		return named(p.binary.Name, err)
	}
	p.rpc = raw.(contract.Plugin) // what pluginrpc.Using dispenses
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
	name := p.binary.Name
	if ctx.Err() != nil {
		return named(name, ctx.Err())
	}
	if errors.Is(err, plugin.ErrChecksumsDoNotMatch) {
		return contract.Errorf(contract.ErrBadData, "plugin %s: %s changed while it was being started", name, p.binary.Path)
	}
	if p.cmd.Process == nil {
		return fmt.Errorf("plugin %s did not start: %w", name, err)
	}
	ended := p.exited(context.WithoutCancel(ctx))
	last := quote(p.words.lines()) // complete now
	if !ended || signal(p.cmd.ProcessState) == syscall.SIGKILL {
		reason, _, _ := strings.Cut(err.Error(), "\n") // go-plugin killed it and says why, then guesses at length
		return fmt.Errorf("plugin %s (%s) did not shake hands within %s: %s%s", name, p.binary.Path, after.Round(time.Millisecond), reason, last)
	}
	if words := p.words.lines(); p.cmd.ProcessState.ExitCode() == pluginrpc.ExitRefused && len(words) > 0 {
		return contract.Errorf(contract.ErrUnsupported, "%s", words[len(words)-1])
	}
	return contract.Errorf(contract.ErrDied, "plugin %s (%s) did not start: %s%s", name, p.binary.Path, ending(p.cmd.ProcessState), last)
}
