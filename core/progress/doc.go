// Package progress says how far work is: a Tracker follows one trial from loading to the last
// ranking, an Experiment follows all trials of a plan, and Lines writes both into the columns
// of a terminal. Nothing here draws, waits or reads files.
package progress
