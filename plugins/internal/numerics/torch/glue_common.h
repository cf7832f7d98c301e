// What the glue's C++ files share: errors, handles, threads.
#pragma once
#include "glue.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/api/include/torch/version.h>

#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <utility>

#include "kernels.h"

#define GLUE_SDPA (TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 1))

namespace glue {

using at::Tensor;

// The text of a lack of memory begins so, as that of gotch's calls does (tools/libtorch).
#define GLUE_MEMORY_MARK "\036out of memory: "

// Runs f and turns whatever it throws into text.
template <typename F> glue_error protect(F f) {
  try {
    f();
    return nullptr;
  } catch (const c10::OutOfMemoryError &e) {
    return strdup((std::string(GLUE_MEMORY_MARK) + e.what_without_backtrace()).c_str());
  } catch (const std::bad_alloc &) {
    return strdup(GLUE_MEMORY_MARK "the system gives no more memory");
  } catch (const c10::Error &e) {
    return strdup(e.what_without_backtrace());
  } catch (const std::exception &e) {
    return strdup(e.what());
  } catch (...) {
    return strdup("an exception that is not a std::exception");
  }
}

inline Tensor &of(glue_tensor t) { return *static_cast<Tensor *>(t); }
inline glue_tensor hand(Tensor t) { return new Tensor(std::move(t)); }

// Whether our kernels may be used for a tensor. -DGLUE_NO_KERNELS says never, so that
// a CPU computes as other devices do: with libtorch's own operations.
inline bool here(const Tensor &t) {
#ifdef GLUE_NO_KERNELS
  return false;
#else
  return t.device().is_cpu();
#endif
}

// Our kernels take float32 in a CPU's memory.
inline bool plain(const Tensor &t) { return here(t) && t.scalar_type() == at::kFloat; }

// Calls f(begin, end) over slices of 0..n on all threads, slices of at least `grain`.
template <typename F> void slices(int64_t n, F f, int64_t grain = 16384) { at::parallel_for(0, n, grain, f); }

// The BLAS that libtorch itself uses, where it can be found in this process.
kernels::Sgemm sgemm();
void blas_threads(int n);

inline Tensor from_int64(const int64_t *data, int64_t n) {
  Tensor t = at::empty({n}, at::kLong);
  if (n > 0) std::memcpy(t.data_ptr<int64_t>(), data, sizeof(int64_t) * static_cast<size_t>(n));
  return t;
}

} // namespace glue
