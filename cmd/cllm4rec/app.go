package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/run"
	"cllm4rec/core/schema"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
)

// app is what the commands share: the flags and the way out.
type app struct {
	stdout, stderr io.Writer
	started        bool // the arguments were understood
	data, models   string
	size           string
	plugins        []string
	store          string
	planName       string
	threads        int
	exactBinaries  bool
	only           []string // methods; none: all
	device         string   // --device, or the first of allDevices
	allDevices     []string // --devices
	logLevel       string
	logJSON        bool
	screen         *screen
	log            zerolog.Logger
}

func newApp(stdout, stderr io.Writer) *app {
	return &app{stdout: stdout, stderr: stderr}
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "cllm4rec",
		Short:         "Compare language-model and ID-based recommenders under one protocol",
		Version:       programVersion(),
		SilenceErrors: true, SilenceUsage: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			a.started = true
			return a.openLog()
		},
	}
	root.SetVersionTemplate("cllm4rec {{.Version}}\n")
	root.InitDefaultVersionFlag() // before arguments are read: it takes no value
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	flags := root.PersistentFlags()
	flags.StringVar(&a.data, "data", "", "the folder that ${DATA} stands for (default: $CLLM4REC_DATA, else data/ of the file's project)")
	flags.StringVar(&a.models, "models", "", "the folder that ${MODELS} stands for (default: $CLLM4REC_MODELS, else models/ of the file's project)")
	flags.StringSliceVar(&a.plugins, "plugins", nil, "folders with plugins (default: $CLLM4REC_PLUGINS, else plugins/ beside the program)")
	flags.StringVar(&a.logLevel, "log-level", "info", "least level that is logged: debug, info, warn or error")
	flags.BoolVar(&a.logJSON, "log-json", false, "log JSON lines")
	root.AddCommand(a.runCommand(), a.watchCommand(), a.trialCommand(), a.submitCommand(), a.statusCommand(), a.cancelCommand(), a.logsCommand(), a.validateCommand(), a.planCommand(), a.tableCommand(), a.searchCommand(), a.measureCommand(), a.compareCommand(), a.reportCommand(), a.exportCommand(), a.bundleCommand(), a.recommendCommand(), a.scoreCommand(), a.storeCommand(), a.pluginsCommand(),
		a.pretrainCommand(), a.modelsCommand(), a.dataCommand(), a.doctorCommand(), a.versionCommand())
	a.completions(root)
	return root
}

// openLog makes the log, which goes to stderr and through the progress bars.
func (a *app) openLog() error {
	levels := []string{"debug", "info", "warn", "error"}
	level, err := zerolog.ParseLevel(a.logLevel)
	if err != nil || a.logLevel == "" {
		return contract.Errorf(contract.ErrInvalid, "--log-level %q: expected debug, info, warn or error%s", a.logLevel, didYouMean(a.logLevel, levels))
	}
	a.screen = newScreen(a.stderr, canMove(a.stderr) && !a.logJSON)
	var out io.Writer = a.screen
	if !a.logJSON {
		out = zerolog.ConsoleWriter{Out: a.screen, NoColor: !coloured(a.stderr), TimeFormat: time.TimeOnly}
	}
	a.log = zerolog.New(out).Level(level).With().Timestamp().Logger()
	return nil
}

// withHost opens the plugins for the time of work.
func (a *app) withHost(work func(h *host.Host, plugins *run.Host) error) (err error) {
	a.settleKernel()
	h, err := host.Open(host.Options{Dirs: a.plugins, Log: a.log, Threads: a.threads})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close(context.Background())) }()
	plugins, err := run.NewHost(h)
	if err != nil {
		return err
	}
	return work(h, plugins)
}

// reading says how experiment files are read.
func (a *app) reading(plugins *run.Host) experiment.Options {
	return experiment.Options{Data: a.data, Models: a.models, Size: a.size, Plugins: plugins, ExactBinaries: a.exactBinaries, Device: a.device}
}

// withPlan reads an experiment file for the time of work. rowsMayFail: a plugin that
// fails while it is asked fails its trials, not the plan.
func (a *app) withPlan(ctx context.Context, file string, rowsMayFail bool, work func(plan *experiment.Plan, plugins *run.Host) error) error {
	return a.withHost(func(_ *host.Host, plugins *run.Host) error {
		reading := a.reading(plugins)
		reading.RowsMayFail = rowsMayFail
		plan, err := experiment.Load(ctx, file, reading)
		if err != nil {
			return err
		}
		plugins.Release(ctx)
		if err := plan.Select(a.only); err != nil {
			return err
		}
		return work(plan, plugins)
	})
}

// print writes to stdout; a closed pipe is no failure of the work.
func (a *app) print(format string, args ...any) {
	_, _ = fmt.Fprintf(a.stdout, format, args...)
}

func didYouMean(name string, known []string) string {
	if near := schema.Nearest(name, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// threadsFlag adds --threads to a command that works.
func (a *app) threadsFlag(c *cobra.Command) {
	c.Flags().IntVar(&a.threads, "threads", 0, "most threads that a plugin and the evaluation use (default: each its own choice)")
}

// deviceFlag adds --device to a command that plans or loads models.
func (a *app) deviceFlag(c *cobra.Command) {
	c.Flags().StringVar(&a.device, "device", "", "device of plugins that compute on one, such as cpu or cuda:1 (default: each its own parameter)")
}

// sizeFlag adds --size to a command that reads an experiment file.
func (a *app) sizeFlag(c *cobra.Command) {
	c.Flags().StringVar(&a.size, "size", "", "one of the sizes of the experiment file (default: the file as it stands)")
}

// planningFlags adds --size and --exact-binaries to a command that plans.
func (a *app) planningFlags(c *cobra.Command) {
	a.sizeFlag(c)
	c.Flags().BoolVar(&a.exactBinaries, "exact-binaries", false, "take another build of a plugin for another method: its checksum becomes part of a trial's identity")
}

// methodsFlag adds --methods to a command that runs an experiment or says what that takes.
func (a *app) methodsFlag(c *cobra.Command) {
	c.Flags().StringArrayVar(&a.only, "methods", nil, "a method of the file that is run, with those that it needs; may be given several times (default: all)")
}

func (a *app) checkThreads() error {
	if a.threads < 0 {
		return contract.Errorf(contract.ErrInvalid, "--threads %d: expected 0 or more", a.threads)
	}
	return nil
}

// one demands exactly one argument, such as FILE.
func one(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return contract.Errorf(contract.ErrInvalid, "%s needs one %s, got %s: %s", c.Name(), what, counted(len(args), "argument"), c.UseLine())
	}
}
