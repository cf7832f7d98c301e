// Package nn holds the few layers of which the backbones are made, over package
// torch. Sequences of unlike lengths lie packed, one after another, in the rows
// of a matrix [S,K] without padding: only attention and positions know where one
// ends. Dropout draws from a seed that is a function of the step alone.
package nn
