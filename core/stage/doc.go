// Package stage keeps what a training has reached on disk, so that it is neither
// done twice nor lost with a process.
//
// A Folder is a state as a small JSON value beside large files such as towers. It
// is replaced in one rename: files are never changed under their name, and the
// JSON value names those that belong to it, with sizes and checksums. What it does
// not name is removed. A checkpoint of a trial is such a folder.
//
// A Store has such folders as results of stages, under a key that is made of all that
// a stage reads. One worker makes a result, under a claim, while others wait for it.
package stage
