#include "glue_common.h"

#include <c10/core/GradMode.h>
#include <dlfcn.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef CLLM4REC_CUDA
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#endif

#include <algorithm>
#include <cstdio>

// Runs before Go's own start, which under a small `ulimit -v` ends in a dump of its stacks.
__attribute__((constructor)) static void check_address_space() {
  constexpr unsigned long long need = 3072; // MiB: the smallest of models takes 2.8 GiB, most of it only reserved
  rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >> 20 >= need) return;
  std::fprintf(stderr, "the limit on address space is %llu MiB, and a plugin with libtorch needs %llu and its model: ulimit -v unlimited\n",
               static_cast<unsigned long long>(limit.rlim_cur >> 20), need);
  _exit(1);
}

namespace glue {

kernels::Sgemm sgemm() {
  static const auto found = reinterpret_cast<kernels::Sgemm>(dlsym(RTLD_DEFAULT, "sgemm_"));
  return found;
}

void blas_threads(int n) {
  using setter = void (*)(int);
  static const auto set = reinterpret_cast<setter>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set != nullptr) set(n);
}

} // namespace glue

using namespace glue;

namespace {

at::Device device_of(int d) { return d < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, d); }

// A tensor over memory that somebody else keeps; a copy where it lies askew.
Tensor view(const void *data, at::IntArrayRef sizes, at::ScalarType dtype) {
  const size_t item = c10::elementSize(dtype);
  if (reinterpret_cast<uintptr_t>(data) % item == 0)
    return at::from_blob(const_cast<void *>(data), sizes, at::TensorOptions(dtype));
  Tensor t = at::empty(sizes, at::TensorOptions(dtype));
  std::memcpy(t.data_ptr(), data, t.nbytes());
  return t;
}

} // namespace

extern "C" {

const char *glue_version(void) { return TORCH_VERSION; }

int glue_capabilities(void) {
  int c = here(at::empty({0})) && sgemm() != nullptr ? GLUE_HAS_PACKED : 0;
#if GLUE_SDPA
  c |= GLUE_HAS_SDPA;
#endif
#ifdef CLLM4REC_CUDA
  c |= GLUE_HAS_CUDA;
#endif
  return c;
}

int glue_cuda_devices(void) {
#ifdef CLLM4REC_CUDA
  return static_cast<int>(c10::cuda::device_count());
#else
  return 0;
#endif
}

static thread_local int64_t owner = 0;
void glue_claim(int64_t executor) { owner = executor; }
int64_t glue_owner(void) { return owner; }

glue_error glue_set_threads(int threads) {
  return protect([&] {
    at::set_num_threads(threads);
    blas_threads(threads);
  });
}

glue_error glue_seed(uint64_t seed) {
  return protect([&] { at::manual_seed(seed); });
}

int glue_grad_mode(int on) {
  const bool was = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(on != 0);
  return was;
}

int glue_grad_enabled(void) { return c10::GradMode::is_enabled(); }

glue_error glue_from_memory(glue_tensor *out, const void *data, const int64_t *shape, int dims, int from, int to,
                            int device) {
  return protect([&] {
    const at::IntArrayRef sizes(shape, static_cast<size_t>(dims));
    const auto have = static_cast<at::ScalarType>(from), want = static_cast<at::ScalarType>(to);
    Tensor t = at::empty(sizes, at::TensorOptions(want).device(device_of(device)));
    if (t.numel() > 0) t.copy_(view(data, sizes, have));
    *out = hand(t);
  });
}

glue_error glue_to_memory(glue_tensor t, void *data, size_t bytes, int dtype) {
  return protect([&] {
    const Tensor c = of(t).detach().to(at::kCPU, static_cast<at::ScalarType>(dtype)).contiguous();
    TORCH_CHECK(c.nbytes() == bytes, "the tensor has ", c.nbytes(), " bytes, the destination ", bytes);
    if (bytes > 0) std::memcpy(data, c.data_ptr(), bytes);
  });
}

glue_error glue_write(glue_tensor t, const float *data, size_t n) {
  return protect([&] {
    const at::NoGradGuard guard;
    const Tensor &to = of(t);
    TORCH_CHECK(to.numel() == static_cast<int64_t>(n), "the tensor has ", to.numel(), " values, the source ", n);
    if (n > 0) to.copy_(view(data, to.sizes(), at::kFloat));
  });
}

int glue_dims(glue_tensor t) { return static_cast<int>(of(t).dim()); }

int glue_dtype(glue_tensor t) { return static_cast<int>(of(t).scalar_type()); }

void glue_shape(glue_tensor t, int64_t *shape) {
  const auto sizes = of(t).sizes();
  std::copy(sizes.begin(), sizes.end(), shape);
}

glue_error glue_peak_memory(int device, int64_t *bytes) {
  *bytes = 0;
#ifdef CLLM4REC_CUDA
  // StatType::AGGREGATE, whose namespace has moved between releases, is the first.
  if (device >= 0)
    return protect([&] {
      *bytes = c10::cuda::CUDACachingAllocator::getDeviceStats(static_cast<c10::DeviceIndex>(device))
                   .allocated_bytes[0].peak;
    });
#else
  (void)device;
#endif
  return nullptr;
}

glue_error glue_reset_peak_memory(int device) {
#ifdef CLLM4REC_CUDA
  if (device >= 0)
    return protect(
        [&] { c10::cuda::CUDACachingAllocator::resetPeakStats(static_cast<c10::DeviceIndex>(device)); });
#else
  (void)device;
#endif
  return nullptr;
}

glue_error glue_empty_cache(void) {
#ifdef CLLM4REC_CUDA
  return protect([] { c10::cuda::CUDACachingAllocator::emptyCache(); });
#else
  return nullptr;
#endif
}

} // extern "C"
