// Package conformance is what every plugin of a kind must do, as checks that run on any
// plugin: in a Go test (package contracttest) and from `cllm4rec plugins check`.
package conformance

import "context"

// TB is what a check needs of a test; *testing.T has it. Fatal and Skip end the check's
// goroutine.
type TB interface {
	Helper()
	Context() context.Context
	Cleanup(func())
	TempDir() string
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Skip(args ...any)
}

// T is a test that has checks of its own.
type T interface {
	TB
	Run(name string, check func(T)) bool
}
