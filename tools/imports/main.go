// Command imports checks who imports whom, by the rules of ARCHITECTURE.md, and names each
// offender with the rule that it breaks. `make check` runs it.
package main

import (
	"fmt"
	"os"
)

func main() {
	g, err := load(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "imports:", err)
		os.Exit(1)
	}
	offences := check(g)
	for _, offence := range offences {
		fmt.Fprintln(os.Stderr, offence)
	}
	if len(offences) > 0 {
		os.Exit(1)
	}
}
