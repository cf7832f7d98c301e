// Package features makes matrices that describe items: of the words of their texts
// (TF-IDF), of a file, of vectors that a language model gave. A method takes them as
// features (contract.FeatureChunk), or the words as rows of pseudo-users
// (contract.SideChunk). Only training texts come in here; core/data withholds the
// others.
package features

// Semantics is raised by hand when the same texts or files and the same settings may
// give other numbers; semantics_test.go holds a digest for each.
const Semantics = 1
