package torch

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/blas"

	"github.com/ebitengine/purego"
)

// TestProductsRunOnTheKernelOfThisMachine asks the OpenBLAS that this process has loaded.
func TestProductsRunOnTheKernelOfThisMachine(t *testing.T) {
	symbol, err := purego.Dlsym(purego.RTLD_DEFAULT, "openblas_get_corename")
	if err != nil {
		t.Skipf("SKIPPED: libtorch %s computes without OpenBLAS", LibtorchVersion)
	}
	var kernel func() string
	purego.RegisterFunc(&kernel, symbol)
	c, err := blas.Remembered(os.Environ())
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	if c.Setting() != "" && os.Getenv(blas.Variable) == "" {
		t.Skipf("SKIPPED: %s is not set as `make test` sets it: this process runs on kernel %s, this machine's is %s", blas.Variable, kernel(), c.Setting())
	}
	if want := blas.Current(os.Environ()); !strings.EqualFold(kernel(), want.Name) {
		t.Errorf("products run on kernel %s, and should on %s (%s)", kernel(), want.Name, want.Source)
	}
}

// BenchmarkBest is the rate of float32 products in this process beside the best of the machine: oneDNN's, where it is
// installed, and that of PyTorch in PEER_PYTHON (or python3). Each rate is the best of runs that take turns.
func BenchmarkBest(b *testing.B) {
	peer := startPeer(b)
	for _, n := range [][3]int64{{2048, 2048, 2048}, {benchRows, 3 * benchWide, benchWide}, {benchRows, benchWide, 4 * benchWide}} {
		b.Run(fmt.Sprintf("%dx%dx%d", n[0], n[1], n[2]), func(b *testing.B) { benchmarkBest(b, n[0], n[1], n[2], peer) })
	}
}

func benchmarkBest(b *testing.B, m, n, k int64, peer *peer) {
	e, err := Start(0)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	oneDNN := oneDNN()
	best := map[string]float64{}
	note := func(name string, seconds float64) {
		best[name] = max(best[name], 2*float64(m*n*k)/seconds/1e9)
	}
	err = e.Do(func() error {
		s := e.Scope(CPU)
		defer s.Close()
		x, w := s.Full(Float32, 0.5, m, k), s.Full(Float32, 0.5, k, n)
		raw, weight, out := s.Read(x), s.Read(w), make([]float32, m*n)
		for b.Loop() {
			start := time.Now()
			inner := s.Nested()
			inner.MatMul(x, w)
			inner.Close()
			note("GFLOP/s", time.Since(start).Seconds())
			if oneDNN != nil {
				start = time.Now()
				oneDNN('N', 'N', m, n, k, 1, &raw[0], k, &weight[0], n, 0, &out[0], n)
				note("onednn-GFLOP/s", time.Since(start).Seconds())
			}
			if peer != nil {
				note("pytorch-GFLOP/s", peer.seconds(b, m, n, k))
			}
		}
		return s.Err()
	})
	if err != nil {
		b.Fatal(err)
	}
	for name, rate := range best {
		b.ReportMetric(rate, name)
	}
	b.ReportMetric(best["GFLOP/s"]/max(best["GFLOP/s"], best["onednn-GFLOP/s"], best["pytorch-GFLOP/s"]), "of-best")
}

// oneDNN is its product of matrices stored by rows; nil where there is none.
func oneDNN() func(ta, tb byte, m, n, k int64, alpha float32, a *float32, lda int64, b *float32, ldb int64, beta float32, c *float32, ldc int64) int32 {
	for _, name := range []string{"libdnnl.so.3", "libdnnl.so.2"} {
		handle, err := purego.Dlopen(name, purego.RTLD_NOW)
		if err != nil {
			continue
		}
		symbol, err := purego.Dlsym(handle, "dnnl_sgemm")
		if err != nil {
			continue
		}
		var call func(ta, tb byte, m, n, k int64, alpha float32, a *float32, lda int64, b *float32, ldb int64, beta float32, c *float32, ldc int64) int32
		purego.RegisterFunc(&call, symbol)
		return call
	}
	return nil
}

// peer is a Python with PyTorch that multiplies when it is asked.
type peer struct {
	ask    func(text string) error
	answer func() (string, error)
}

const multiply = `
import sys, time, torch
torch.set_num_threads(int(sys.argv[1]))
print("ready", flush=True)
for line in sys.stdin:
    m, n, k = map(int, line.split())
    x, w = torch.full((m, k), .5), torch.full((k, n), .5)
    start = time.perf_counter()
    x @ w
    print(time.perf_counter() - start, flush=True)
`

// startPeer returns nil, and says so, where Python has no PyTorch.
func startPeer(b *testing.B) *peer {
	python := os.Getenv("PEER_PYTHON")
	if python == "" {
		python = "python3"
	}
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, python, "-c", multiply, strconv.Itoa(threads(b)))
	in, err := command.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(cancel)
	if err := command.Start(); err != nil {
		b.Logf("no peer: %v", err)
		return nil
	}
	b.Cleanup(func() { cancel(); _ = command.Wait() }) // ended by cancel
	p := &peer{
		ask:    func(text string) error { _, err := fmt.Fprintln(in, text); return err },
		answer: func() (line string, err error) { _, err = fmt.Fscanln(out, &line); return line, err },
	}
	if line, err := p.answer(); err != nil || line != "ready" {
		b.Logf("no peer: %s has no torch; PEER_PYTHON names another", python)
		return nil
	}
	return p
}

// threads are those that an executor takes.
func threads(b *testing.B) int {
	e, err := Start(0)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	return e.Threads()
}

func (p *peer) seconds(b *testing.B, m, n, k int64) float64 {
	if err := p.ask(fmt.Sprint(m, " ", n, " ", k)); err != nil {
		b.Fatal(err)
	}
	line, err := p.answer()
	if err != nil {
		b.Fatal(err)
	}
	seconds, err := strconv.ParseFloat(line, 64)
	if err != nil {
		b.Fatal(err)
	}
	return seconds
}
