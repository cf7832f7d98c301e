// Package prepared keeps data sets that are filtered and split on disk, so that
// they are read, filtered and split once: a later run maps the file into memory
// and has the split at once, and what it does not touch is not read.
//
// A file holds one split under a key, a sha256 over everything that decides it
// (experiment.Plan.DataKey). It is written beside its place and renamed into it,
// so that another process sees a whole file or none, and what has it open keeps
// it. All numbers are little-endian; an offset counts bytes from the start of the
// file and is a multiple of 64:
//
//	0    16 bytes  magic
//	16   uint32    version of the form
//	20   uint32    0
//	24   uint64    offset of the header
//	32   uint64    length of the header
//	40   32 bytes  sha256 of the header
//	128  ...       the columns
//	     ...       the header, in JSON: key, content, fingerprint, audit and, of each
//	               column, name, type, offset, length and sha256
//
// The columns of a part are ptr (int64, users + 1), item (int32), value (float32)
// and time (int64). Strings are one column of all their bytes and one of where each
// ends.
package prepared
