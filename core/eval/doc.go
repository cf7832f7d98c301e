// Package eval measures rankings: it asks a ranker for lists of items, drops
// what the user already knows, and computes metrics per user.
//
// All items are ranked. The host masks: a query asks for as many items as the
// deepest metric needs plus the number of the user's masked items, and the
// masked ones are dropped from the answer. Results are the same for every batch
// size and every number of threads.
package eval
