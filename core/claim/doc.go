// Package claim gives a piece of work to one worker at a time, over a folder that
// processes of one machine, or machines with a shared file system, work in.
//
// A claim on PATH is a file PATH.N that says who holds it, made by exclusive creation.
// Its holder touches it at every beat. The claim of a holder that has died is followed by
// PATH.N+1, which one other alone can create:
//
//   - on the same machine a holder is dead when its process is;
//   - from elsewhere, or where the system hides that process, it is dead when its beat was
//     not seen to change for a while. What is compared are two sights of one file by one
//     observer's own clock, never the clocks of two machines.
//
// A holder that lost its claim, such as one that was suspended, learns it at its next
// beat, or when it asks. Work that two might do at once for a moment must therefore be
// such that doing it twice does no harm: results named by their content, each put in
// place by one rename.
//
// Whoever takes a claim looks first whether the work is done: its last holder may have
// finished between the look before and the claim.
package claim
