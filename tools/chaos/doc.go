// Package chaos is a test that kills the program again and again, as a machine that fails
// would, and holds what is left against a run that nobody killed. `make chaos ROUNDS=100`
// runs it for longer than every day's tests do.
//
// A round is one kill -9: of a run, of one of two runs that share a folder, of one of their
// plugins at a random moment, or of whichever of them is about to make a system call of a
// commit (such as fsync, rename, unlink), at the N-th such call. The last kind needs strace.
// The plan has searches, and rows that share stages. After each kill no process of the killed
// run may live on, every record and every stage must be whole, and no record may have changed
// or gone. When a plan is complete, its table, its records' numbers and its stages must be
// those of the undisturbed run, to the byte, and nothing half written may lie about.
package chaos
