package data

// Semantics is raised by hand when a change of this package may give other numbers
// for the same input (filtering, splitting, ordering histories or choosing texts). It is part of the keys of the trials
// that it concerns, so that their old records are not taken for finished.
const Semantics = 1
