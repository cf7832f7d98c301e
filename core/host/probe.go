package host

import (
	"context"
	"syscall"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/pluginrpc"

	"google.golang.org/grpc/health/grpc_health_v1"
)

// Probe is a plugin's process in the hands of whoever checks it.
type Probe struct{ process *process }

// Probed starts a plugin that is yet to be configured, for checks of its process.
func (h *Host) Probed(ctx context.Context, kind contract.Kind, name string) (*Running[contract.Plugin], Probe, error) {
	p, err := h.introduced(ctx, kind, name)
	if err != nil {
		return nil, Probe{}, err
	}
	return running[contract.Plugin](p, nil), Probe{p}, nil
}

// Socket is the path at which the plugin serves.
func (p Probe) Socket() string { return p.process.client.ReattachConfig().Addr.String() }

// Healthy asks the plugin's health service.
func (p Probe) Healthy(ctx context.Context) (bool, error) {
	reply, err := p.process.watch.health.Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: pluginrpc.Name})
	return reply.GetStatus() == grpc_health_v1.HealthCheckResponse_SERVING, err
}

// Signal sends a signal to the process.
func (p Probe) Signal(s syscall.Signal) error { return syscall.Kill(p.process.PID(), s) }

// Orphan does what the end of the runner does: the plugin's pipe to it ends.
func (p Probe) Orphan() { _ = p.process.life.Close() }

// Ended reports whether the process ends within a time.
func (p Probe) Ended(ctx context.Context, within time.Duration) bool {
	return p.process.runner.exited(ctx, within)
}

// Discard ends the process at once, if it has not ended.
func (p Probe) Discard() {
	p.process.kill()
	p.process.discard()
}
