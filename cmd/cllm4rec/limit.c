// Runs before Go's own start, which under a small `ulimit -v` ends in a dump of its stacks.
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum { need = 2048 }; // MiB of address space: the program takes 1.8 GiB of it, most of it only reserved

__attribute__((constructor)) static void check(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >> 20 >= need) return;
  char text[256];
  const int n = snprintf(text, sizeof text,
                         "error: the limit on address space is %llu MiB, and cllm4rec needs %d, with language models more: ulimit -v unlimited\n",
                         (unsigned long long)(limit.rlim_cur >> 20), need);
  if (write(2, text, (size_t)n) < 0) _exit(1);
  _exit(1);
}
