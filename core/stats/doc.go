// Package stats says how far measured means can be trusted: intervals, paired
// tests over users, Holm's correction, and how the seeds of a method come
// together. It knows numbers only, nothing of rankings.
package stats
