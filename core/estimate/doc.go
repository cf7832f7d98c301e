// Package estimate says before a run what its trials will take: time, memory and disk, each
// with where the figure comes from.
//
// Everything is an observation: a record of this or another machine, a probe, or a row of
// this project's documents. The nearest one is scaled by the work of a method, which is a
// product of the sizes that its documents name; memory comes from shapes where those decide
// it. Nothing is computed by a plugin and nothing is run here.
package estimate
