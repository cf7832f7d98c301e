// Command bench measures whole training steps of the backbones, each case in a
// process of its own and beside it the same step in plain PyTorch, and prints one
// table. `make bench-backbones` runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
)

// options is what is measured.
type options struct {
	backbones, shapes, lengths, steps []string
	attention                         string // of the peer
	dtype                             string // of both
	python                            string // "" measures no peer
	epoch                             int    // documents; 0 measures no epoch
	rounds                            int    // iterations of a case; 0: each its own
	out                               string // folder for test binaries and the table
}

func main() {
	o, err := parse()
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		err = o.run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse() (options, error) {
	var o options
	list := func(name, standard, usage string) *string {
		return flag.String(name, standard, usage+", separated by commas")
	}
	backbones := list("backbones", "gpt2,llama,t5", "plugins")
	shapes := list("shapes", "tiny,small", "models")
	lengths := list("lengths", "equal,real", "lengths of documents")
	steps := list("steps", "collaborative,content,finetuning", "objectives")
	flag.StringVar(&o.attention, "attention", "eager", "attention of the peer: eager or sdpa")
	flag.StringVar(&o.dtype, "dtype", "float32", "of the frozen model, on both sides: float32 or bfloat16")
	flag.StringVar(&o.python, "python", os.Getenv("PEER_PYTHON"), "Python with torch and transformers; none leaves the peer out")
	flag.IntVar(&o.epoch, "epoch", 2000, "documents of the epoch; 0 leaves it out")
	flag.IntVar(&o.rounds, "rounds", 0, "repetitions of a case; 0: by its size")
	flag.StringVar(&o.out, "out", "bin/bench", "folder for what is built and written")
	flag.Parse()
	o.backbones, o.shapes = strings.Split(*backbones, ","), strings.Split(*shapes, ",")
	o.lengths, o.steps = strings.Split(*lengths, ","), strings.Split(*steps, ",")
	switch {
	case flag.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", flag.Arg(0))
	case o.dtype != "float32" && o.dtype != "bfloat16":
		return o, fmt.Errorf("-dtype is %q, expected float32 or bfloat16", o.dtype)
	}
	return o, o.findPeer()
}

// findPeer takes python3 unless another is named, and none where it lacks PyTorch.
func (o *options) findPeer() error {
	if o.python == "none" {
		o.python = ""
		return nil
	}
	named := o.python != ""
	if !named {
		o.python = "python3"
	}
	out, err := exec.Command(o.python, "-c", "import torch, transformers").CombinedOutput()
	if err == nil {
		return nil
	}
	if named {
		return fmt.Errorf("%s cannot import torch and transformers: %s", o.python, strings.TrimSpace(string(out)))
	}
	fmt.Fprintln(os.Stderr, "bench: python3 has no torch and transformers, so nothing is measured beside ours; PEER_PYTHON names another")
	o.python = ""
	return nil
}

func (o options) run(ctx context.Context) error {
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(o.out, "table.md"))
	if err != nil {
		return err
	}
	t := table{to: file}
	err = o.measure(ctx, &t)
	return errors.Join(err, t.err, file.Close())
}

func (o options) measure(ctx context.Context, t *table) error {
	for _, b := range o.backbones {
		if err := o.build(ctx, b); err != nil {
			return err
		}
	}
	t.head()
	for _, c := range o.cases() {
		r, err := o.row(ctx, c)
		if err != nil {
			return err
		}
		t.row(r)
	}
	if o.epoch == 0 || o.python == "" {
		return nil
	}
	e, err := o.measureEpoch(ctx)
	if err == nil {
		t.epoch(e)
	}
	return err
}

// kase is one case.
type kase struct{ backbone, shape, lengths, step string }

func (o options) cases() (all []kase) {
	for _, b := range o.backbones {
		for _, shape := range o.shapes {
			for _, lengths := range o.lengths {
				for _, step := range o.steps {
					all = append(all, kase{b, shape, lengths, step})
				}
			}
		}
	}
	return all
}

// row measures ours and then the peer's.
func (o options) row(ctx context.Context, c kase) (row, error) {
	r := row{kase: c}
	var err error
	if r.ours, err = o.ours(ctx, c); err != nil || o.python == "" {
		return r, err
	}
	r.peer, err = o.peer(ctx, c)
	return r, err
}
