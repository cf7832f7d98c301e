// Package stats says how far measured means can be trusted: paired tests over
// users, intervals, effect sizes, tests over repeated splits, Holm's correction,
// and how the seeds and splits of a method come together. It knows numbers only,
// nothing of rankings. docs/statistics.md says which test answers what.
package stats
