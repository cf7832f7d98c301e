// Command libtorch prepares this machine for the plugins that need libtorch: it finds or
// installs one, and adapts the Go binding to it. `make setup` runs it; a second run changes
// nothing and takes less than a second.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"cllm4rec/core/blas/probe"
	"cllm4rec/tools/libtorch/internal/console"
)

func main() {
	probe.Main()
	named := flag.String("libtorch", os.Getenv("LIBTORCH"), "`folder` of a libtorch: an unpacked archive, .../site-packages/torch or a prefix such as /usr; it stays chosen until another is named, or auto")
	root := flag.String("root", ".", "the project's `folder`")
	install := flag.Bool("install", true, "install missing system packages when root or through sudo")
	flag.Parse()
	out := console.New(os.Stdout, 15*time.Second)
	s := setup{root: *root, named: *named, install: *install, out: out}
	if err := s.run(); err != nil {
		fmt.Fprintln(os.Stderr, "setup:", err)
		os.Exit(1)
	}
}
