// Package train is the one loop in which everything learns that learns in epochs,
// CLLM4Rec and recommender plugins alike: train an epoch, validate in the host
// when its turn has come, keep the best state in a file, stop when patience ends,
// put the best state back. It knows neither plugins nor data.
package train

// Semantics is raised by hand when a change of this package may give other numbers
// for the same input (which epoch is the best, when training stops). It is part of
// the train keys of the trials that learn in epochs.
const Semantics = 1
