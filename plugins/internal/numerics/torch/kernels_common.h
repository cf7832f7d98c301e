// What the kernels' C++ files share. Kernels are written so that compilers vectorise them.
#pragma once
#include "kernels.h"

#pragma GCC optimize("O3", "no-math-errno") // no-math-errno lets sqrt be an instruction

#include <algorithm>
#include <cmath>
#include <cstring>

// Each kernel is compiled for several generations of processors; the loader picks one.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif
#define INLINE static inline __attribute__((always_inline))

namespace kernels {

// Murmur3's 32-bit finaliser over an index, keyed twice.
INLINE uint32_t hash32(uint32_t x, uint32_t first, uint32_t second) {
  x = (x ^ first) * 0x85ebca6bU;
  x = (x ^ (x >> 13)) * 0xc2b2ae35U;
  x = (x ^ (x >> 16) ^ second) * 0x85ebca6bU;
  return x ^ (x >> 15);
}

INLINE float mask(const Stream &s, uint32_t index) {
  return hash32(index, s.first, s.second) < s.threshold ? 0.0f : s.keep;
}

// e^x to 2 ulp for x in [-87, 88] (Cephes).
INLINE float exponential(float x) {
  x = x < -87.0f ? -87.0f : (x > 88.0f ? 88.0f : x);
  const float n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
  float r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float y = 1.9875691500e-4f;
  y = y * r + 1.3981999507e-3f;
  y = y * r + 8.3334519073e-3f;
  y = y * r + 4.1665795894e-2f;
  y = y * r + 1.6666665459e-1f;
  y = y * r + 5.0000001201e-1f;
  y = y * r * r + r + 1.0f;
  const int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
  float power;
  std::memcpy(&power, &bits, sizeof power);
  return y * power;
}

} // namespace kernels
