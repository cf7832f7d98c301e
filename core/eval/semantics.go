package eval

// Semantics is raised by hand when a change of this package may give other numbers
// for the same input (masks, tie-breaking, rankings or the values of metrics). It is part of the keys of the trials
// that it concerns, so that their old records are not taken for finished.
const Semantics = 1
