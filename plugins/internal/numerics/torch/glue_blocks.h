// Runs float32 kernels over float32 and bfloat16 tensors. The latter are widened
// and rounded a block at a time, while the block lies in the cache.
#pragma once
#include "glue_common.h"

#include <array>
#include <vector>

namespace glue {

// What Blocks takes.
inline bool ours(const Tensor &t) {
  return here(t) && (t.scalar_type() == at::kFloat || t.scalar_type() == at::kBFloat16);
}

// Contiguous tensors of one size that a kernel goes through side by side, in units
// of so many numbers as it needs together. They must outlive it. An undefined one
// is a null pointer to the kernel.
template <size_t IN, size_t OUT> class Blocks {
public:
  Blocks(const std::array<Tensor, IN> &in, const std::array<Tensor, OUT> &out, int64_t unit = 1)
      : unit(unit), units(out[0].numel() / std::max<int64_t>(unit, 1)) {
    for (size_t i = 0; i < IN; i++) add(i, in[i]);
    for (size_t i = 0; i < OUT; i++) add(IN + i, out[i]);
  }

  // Calls f(in, out, first, n) for units first..first+n, on all threads.
  template <typename F> void each(F f, int64_t grain = 16384) const {
    slices(units, [&](int64_t a, int64_t b) { part(a, b, f); }, grain);
  }

  // The same for units a..b, on this thread.
  template <typename F> void part(int64_t a, int64_t b, F f) const {
    const int64_t step = std::max<int64_t>(1, halves ? 2048 / unit : b - a);
    std::vector<float> room(halves ? (IN + OUT) * size_t(step * unit) : 0);
    const auto at = [&](size_t i) { return room.data() + int64_t(i) * step * unit; };
    for (int64_t first = a; first < b; first += step) {
      const int64_t n = std::min(step, b - first), from = first * unit, size = n * unit;
      std::array<const float *, IN> in;
      std::array<float *, OUT> out;
      for (size_t i = 0; i < IN; i++) {
        if (half[i] != nullptr) kernels::widen(half[i] + from, at(i), size);
        in[i] = half[i] != nullptr ? at(i) : whole[i] == nullptr ? nullptr : whole[i] + from;
      }
      for (size_t i = 0; i < OUT; i++) out[i] = half[IN + i] != nullptr ? at(IN + i) : whole[IN + i] + from;
      f(in, out, first, n);
      for (size_t i = 0; i < OUT; i++)
        if (half[IN + i] != nullptr) kernels::narrow(out[i], half[IN + i] + from, size);
    }
  }

private:
  void add(size_t i, const Tensor &t) {
    if (!t.defined()) return;
    TORCH_CHECK(ours(t) && t.is_contiguous() && t.numel() >= units * unit, "block by block over ", t.sizes());
    if (t.scalar_type() == at::kFloat) whole[i] = t.data_ptr<float>();
    else half[i] = reinterpret_cast<uint16_t *>(t.data_ptr<at::BFloat16>()), halves = true;
  }

  std::array<float *, IN + OUT> whole{};
  std::array<uint16_t *, IN + OUT> half{};
  int64_t unit, units;
  bool halves = false;
};

} // namespace glue
