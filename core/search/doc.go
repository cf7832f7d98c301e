// Package search says which settings to try next: on a grid, at random, evenly
// (Halton), where earlier trials did well (TPE), or with more epochs (successive halving).
//
// A sampler is a pure function of the space, a seed and the history: the same trials told
// in the same order give the same suggestions, on any machine, so that an interrupted
// search goes on from its records alone.
package search
