package prompt

// Semantics is raised by hand when a change of this package may give other numbers
// for the same input (the token ids of a prompt). It is part of the keys of the trials
// that it concerns, so that their old records are not taken for finished.
const Semantics = 1
