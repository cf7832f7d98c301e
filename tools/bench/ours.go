package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"cllm4rec/core/blas"
)

// metrics are the numbers of one benchmark by their units.
type metrics map[string]float64

// build compiles a backbone's benchmarks.
func (o options) build(ctx context.Context, backbone string) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-o", o.binary(backbone), "./"+folder(backbone))
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building the benchmarks of %s: %w", backbone, err)
	}
	return nil
}

func folder(backbone string) string { return filepath.Join("plugins", "backbones", backbone) }

func (o options) binary(backbone string) string { return filepath.Join(o.out, backbone+".test") }

// ours runs one case as a benchmark in a process of its own.
func (o options) ours(ctx context.Context, c kase) (metrics, error) {
	name := strings.Join([]string{c.shape, c.lengths, c.step}, "/")
	return o.benchmark(ctx, c.backbone, "Step/"+name, o.repeats(c))
}

// repeats is how often a case is repeated: passes over its batches. The middle one counts.
func (o options) repeats(c kase) int {
	switch {
	case o.rounds > 0:
		return o.rounds
	case c.shape == "tiny" && c.lengths == "equal":
		return 40
	case c.shape == "tiny":
		return 5
	case c.lengths == "equal":
		return 7
	}
	return 1
}

func (o options) benchmark(ctx context.Context, backbone, name string, times int, env ...string) (metrics, error) {
	path, err := filepath.Abs(o.binary(backbone))
	if err != nil {
		return nil, err
	}
	pattern := "^Benchmark" + strings.ReplaceAll(name, "/", "$/^") + "$"
	cmd := exec.CommandContext(ctx, path, "-test.run", "^$", "-test.bench", pattern, "-test.benchtime", strconv.Itoa(times)+"x", "-test.timeout", "1h")
	cmd.Dir = folder(backbone)
	cmd.Env = append(append(blas.Environ(os.Environ()), "GOMP_SPINCOUNT=1000", "OPENBLAS_THREAD_TIMEOUT=14", "CLLM4REC_TEST_DTYPE="+o.dtype), env...) // as the host starts plugins
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w\n%s", backbone, name, err, out)
	}
	return read(string(out), backbone, name)
}

// read finds the numbers in the line of a benchmark: pairs of value and unit after
// name and count.
func read(out, backbone, name string) (metrics, error) {
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		m := metrics{}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %q is not a number in %q", backbone, name, fields[i], line)
			}
			m[fields[i+1]] = value
		}
		return m, nil
	}
	return nil, fmt.Errorf("%s has no benchmark %s; it printed\n%s", backbone, name, out)
}
