// Package torch is the only package that knows libtorch. It stands on the
// generated C calls of gotch (package libtch) and on one C++ file, glue.cpp, for
// what those lack: errors per call, fast copies, seeds, threads, fused kernels.
//
// Ownership is plain: every Tensor belongs to the Scope that made it and dies
// with it. libtorch keeps error text and grad mode per OS thread, so all work
// runs on the one locked thread of an Executor. A hop to that thread costs about
// 10 us: submit whole steps, not single operations.
//
// Operations are methods of Scope. Like a bufio.Writer, a Scope remembers its
// first error and does nothing afterwards: a model reads as its formulas, and
// the caller looks at Err once, at the end of the step.
package torch
