// Package host starts plugins, talks to them, watches over them and ends them:
// one process per handle, found by kind and name under the plugin folders.
package host

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// EnvPlugins lists plugin folders, separated as in PATH.
const EnvPlugins = "CLLM4REC_PLUGINS"

// Options say where plugins are and how they run. The zero value is usable.
type Options struct {
	// Dirs are folders with the subfolders datasets, baselines and backbones, or
	// folders with a manifest, each of which is a plugin.
	// Empty means those of CLLM4REC_PLUGINS, or else the folder "plugins"
	// beside the executable.
	Dirs []string
	// Log receives what plugins log, with a field "plugin".
	Log zerolog.Logger
	// Threads, when > 0, is what each plugin gets as OMP_NUM_THREADS,
	// OPENBLAS_NUM_THREADS, MKL_NUM_THREADS and GOMAXPROCS.
	Threads int
	// Env is added to the plugins' environment as KEY=VALUE; see environ for
	// what they get of the runner's own.
	Env []string
	// StartTimeout bounds the time to the handshake; 0 means a minute. Weights
	// load later, so that only the dynamic linker takes long.
	StartTimeout time.Duration
	// StopTimeout bounds how long Stop waits for the call in hand and for
	// Close before it kills; 0 means 30 seconds.
	StopTimeout time.Duration
	// Patience bounds the calls of plugins.
	Patience Patience
}

// Host starts plugins. Its methods may be called concurrently.
type Host struct {
	options Options
	dirs    []string
	runtime *runtimeDir

	mu        sync.Mutex
	processes map[*process]struct{}
	sums      map[fileID]string
	closed    bool
}

// Open prepares a host: it finds the plugin folders and makes a private folder
// for sockets. Close it when done.
func Open(options Options) (*Host, error) {
	if options.StartTimeout == 0 {
		options.StartTimeout = time.Minute
	}
	if options.StopTimeout == 0 {
		options.StopTimeout = 30 * time.Second
	}
	options.Patience = options.Patience.withDefaults()
	dirs, err := pluginDirs(options.Dirs)
	if err != nil {
		return nil, err
	}
	runtime, err := newRuntimeDir()
	if err != nil {
		return nil, err
	}
	return &Host{
		options: options, dirs: dirs, runtime: runtime,
		processes: map[*process]struct{}{}, sums: map[fileID]string{},
	}, nil
}

// LimitSilence changes Patience.Silence for plugins that start later; 0 leaves it.
func (h *Host) LimitSilence(limit time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if limit > 0 {
		h.options.Patience.Silence = limit
	}
}

func (h *Host) patience() Patience {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.options.Patience
}

// Close stops every plugin that still runs and removes the private folder.
func (h *Host) Close(ctx context.Context) error {
	h.mu.Lock()
	h.closed = true
	var wait sync.WaitGroup
	for p := range h.processes {
		wait.Go(func() { _ = p.Stop(ctx) }) // its error is of no use to a run that ends
	}
	h.mu.Unlock()
	wait.Wait()
	return h.runtime.remove()
}

// adopt remembers a process until forget.
func (h *Host) adopt(p *process) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errors.New("the host is closed")
	}
	h.processes[p] = struct{}{}
	return nil
}

func (h *Host) forget(p *process) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.processes, p)
}

// pluginDirs are the absolute folders to search, in order.
func pluginDirs(given []string) ([]string, error) {
	if len(given) == 0 {
		given = filepath.SplitList(os.Getenv(EnvPlugins))
	}
	if len(given) == 0 {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		given = []string{filepath.Join(filepath.Dir(self), "plugins")}
	}
	dirs := make([]string, len(given))
	for i, dir := range given {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return nil, err
		}
		dirs[i] = abs
	}
	return dirs, nil
}
