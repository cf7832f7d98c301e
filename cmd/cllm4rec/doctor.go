package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/record"
	"cllm4rec/core/run"
	"cllm4rec/tools/libtorch/found"

	"github.com/spf13/cobra"
)

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Say what this machine has, what is missing, and the command that mends it", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			d := &doctor{app: a}
			d.machine()
			d.libtorch()
			d.products(c.Context())
			d.folder(experiment.Data, d.data)
			d.folder(experiment.Models, d.models)
			err := a.withHost(func(h *host.Host, plugins *run.Host) error { return d.plugins(c, h, plugins) })
			if err != nil {
				d.missing("plugins", err.Error(), "make build")
			}
			switch d.faults {
			case 0:
				return nil
			case 1:
				return errors.New("1 thing is missing; the line with -> says how to mend it")
			default:
				return fmt.Errorf("%d things are missing; the lines with -> say how to mend them", d.faults)
			}
		},
	}
}

// doctor prints findings and counts what is missing.
type doctor struct {
	*app
	faults int
}

func (d *doctor) ok(what, format string, args ...any) {
	d.print("ok       %-9s %s\n", what, fmt.Sprintf(format, args...))
}

func (d *doctor) note(what, format string, args ...any) {
	d.print("note     %-9s %s\n", what, fmt.Sprintf(format, args...))
}

func (d *doctor) missing(what, finding, remedy string) {
	d.faults++
	d.print("missing  %-9s %s\n         %-9s -> %s\n", what, finding, "", remedy)
}

func (d *doctor) machine() {
	e := record.ReadEnvironment()
	d.ok("system", "%s/%s", e.OS, e.Arch)
	d.ok("cpu", "%s, %d cores", e.CPU, e.Cores)
	d.ok("memory", "%.1f GiB", float64(e.Memory)/(1<<30))
	gpus, err := filepath.Glob("/proc/driver/nvidia/gpus/*/information")
	if err != nil || len(gpus) == 0 {
		d.note("gpu", "no NVIDIA driver: backbones run on the CPU")
		return
	}
	for _, file := range gpus {
		raw, _ := os.ReadFile(file) // a driver that says nothing has no model name
		d.ok("gpu", "%s", gpuModel(string(raw)))
	}
}

func gpuModel(information string) string {
	for line := range strings.Lines(information) {
		if model, ok := strings.CutPrefix(line, "Model:"); ok {
			return strings.TrimSpace(model)
		}
	}
	return "NVIDIA, model unknown"
}

func (d *doctor) libtorch() {
	l, err := findLibtorch()
	if err != nil {
		d.missing("libtorch", err.Error(), "make setup")
		return
	}
	if _, err := os.Stat(l.LibFolder); err != nil {
		d.missing("libtorch", fmt.Sprintf("its folder cannot be read: %v", err), "make setup")
		return
	}
	d.ok("libtorch", "%s (%s, %s), CUDA: %s", l.Version, l.Source, l.Root, yesNo(l.CUDA))
	d.ok("", "capabilities: %s; %d operations are not in this libtorch", strings.Join(l.Capabilities, ", "), len(l.MissingWrappers))
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// findLibtorch looks in the project of the working directory, then in the one
// that holds the program.
func findLibtorch() (*found.Libtorch, error) {
	var places []string
	if root, err := experiment.ProjectRoot("."); err == nil {
		places = append(places, root)
	}
	if self, err := os.Executable(); err == nil {
		places = append(places, filepath.Dir(filepath.Dir(self)))
	}
	for _, place := range places {
		if l, err := found.Read(place); !errors.Is(err, found.ErrNotSetUp) {
			return l, err
		}
	}
	return nil, found.ErrNotSetUp
}

func (d *doctor) plugins(c *cobra.Command, h *host.Host, plugins *run.Host) error {
	for _, kind := range contract.Kinds() {
		if len(plugins.Names(kind)) == 0 {
			d.missing("plugin", fmt.Sprintf("no %s plugin in %s", kind, strings.Join(h.Dirs(), ", ")), "make build")
		}
		for _, name := range plugins.Names(kind) {
			if remedy := uninstalled(h, kind, name); remedy != "" {
				d.note("plugin", "%s %s is not installed; experiments that name it need it: %s", kind, name, remedy)
				continue
			}
			p, err := plugins.Describe(c.Context(), kind, name)
			if err != nil {
				d.missing("plugin", fmt.Sprintf("%s %s does not start: %v", kind, name, err), "make build")
				continue
			}
			d.ok("plugin", "%s %s %s, contract %d, sha256 %.12s%s", kind, name, p.Version, p.ContractVersion, p.Checksum, capabilities(p))
		}
	}
	return c.Context().Err()
}

func capabilities(p experiment.Plugin) string {
	if len(p.Capabilities) == 0 {
		return ""
	}
	return " (" + join(p.Capabilities) + ")"
}

// mostListed is how many files of a folder doctor lists.
const mostListed = 10

// folder says what ${DATA} or ${MODELS} holds. Experiments on generated data with
// the models of the project need neither.
func (d *doctor) folder(place experiment.Place, flag string) {
	name := strings.ToLower(string(place))
	dir, err := place.Dir(flag, ".")
	if err == nil {
		var entries []os.DirEntry
		if entries, err = os.ReadDir(dir); err == nil {
			names := make([]string, 0, len(entries))
			for _, e := range entries {
				names = append(names, e.Name())
			}
			if more := len(names) - mostListed; more > 0 {
				names = append(names[:mostListed:mostListed], fmt.Sprintf("and %d more", more))
			}
			d.ok(name, "${%s} is %s: %s", place, dir, strings.Join(names, ", "))
			return
		}
	}
	d.note(name, "${%s} is %s, which is not there; experiments that name it need it", place, dir)
	d.print("         %-9s -> --%s DIR, or: export CLLM4REC_%s=DIR\n", "", name, place)
}
