//go:build cgo

// The runtime of Go reserves address space before any line of Go runs, and where it
// gets none ends with a stack dump. What is checked here is checked before that.

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

// enough is the least address space with which runs ended well, 2 GiB; nearly all of it
// is only reserved. With 1.8 GiB, threads failed to start in two of three runs.
static const rlim_t enough = (rlim_t)2 << 30;

__attribute__((constructor)) static void check_address_space(void) {
	struct rlimit limit;
	if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= enough) {
		return;
	}
	fprintf(stderr, "error: the address space of this process is limited to %llu MiB (ulimit -v); at least %llu MiB are needed, most of it only reserved\n",
		(unsigned long long)(limit.rlim_cur >> 20), (unsigned long long)(enough >> 20));
	_exit(1);
}
