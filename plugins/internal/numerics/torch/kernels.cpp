#include "kernels_common.h"

namespace kernels {
namespace {

// Murmur3's 64-bit finaliser (Appleby 2011).
uint64_t mix64(uint64_t x) {
  x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdULL;
  x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return x ^ (x >> 33);
}

} // namespace

Stream stream(uint64_t seed, uint64_t part, double rate) {
  const uint64_t key = mix64(mix64(seed + 0x9e3779b97f4a7c15ULL) + part);
  const double threshold = std::min(rate * 4294967296.0, 4294967295.0);
  return {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32), static_cast<uint32_t>(threshold),
          static_cast<float>(1.0 / (1.0 - rate))};
}

INLINE uint16_t round16(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return uint16_t((bits & 0x7fffffff) > 0x7f800000 ? 0x7fc0 : rounded); // not a number stays that
}
INLINE float wide(uint16_t x) {
  const uint32_t bits = uint32_t(x) << 16;
  float y;
  std::memcpy(&y, &bits, sizeof y);
  return y;
}

CLONES void widen(const uint16_t *x, float *y, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) y[i] = wide(x[i]);
}

CLONES void narrow(const float *x, uint16_t *y, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) y[i] = round16(x[i]);
}

CLONES void dropout(const float *x, const float *residual, float *out, int64_t n, uint32_t first, const Stream &stream) {
  const Stream s = stream;
  if (residual == nullptr) {
#pragma omp simd
    for (int64_t i = 0; i < n; i++) out[i] = x[i] * mask(s, first + uint32_t(i));
    return;
  }
#pragma omp simd
  for (int64_t i = 0; i < n; i++) out[i] = residual[i] + x[i] * mask(s, first + uint32_t(i));
}

CLONES void gelu(const float *x, float *y, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    const float u = 1.59576912f * (x[i] + 0.044715f * x[i] * x[i] * x[i]); // 2 sqrt(2/pi) (...)
    y[i] = x[i] / (1.0f + exponential(-u));                              // x sigmoid(2t) = x (1 + tanh t) / 2
  }
}

CLONES void gelu_backward(const float *x, const float *dy, float *dx, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    const float xx = x[i] * x[i];
    const float u = 1.59576912f * x[i] * (1.0f + 0.044715f * xx);
    const float s = 1.0f / (1.0f + exponential(-u));
    const float du = 1.59576912f * (1.0f + 0.134145f * xx);
    dx[i] = dy[i] * (s + x[i] * s * (1.0f - s) * du);
  }
}

// x sigmoid(factor(x)): SiLU, or GELU's tanh form as x sigmoid(2t) = x (1 + tanh t) / 2.
INLINE float sigmoid(bool silu, float x) {
  const float u = silu ? x : 1.59576912f * (x + 0.044715f * x * x * x); // 2 sqrt(2/pi) (...)
  return 1.0f / (1.0f + exponential(-u));
}
INLINE float slope(bool silu, float x, float s) {
  const float du = silu ? 1.0f : 1.59576912f * (1.0f + 0.134145f * x * x);
  return s + x * s * (1.0f - s) * du;
}

CLONES void gate(bool silu, const float *x, const float *up, float *y, int64_t n) {
  if (silu) {
#pragma omp simd
    for (int64_t i = 0; i < n; i++) y[i] = x[i] * sigmoid(true, x[i]) * up[i];
    return;
  }
#pragma omp simd
  for (int64_t i = 0; i < n; i++) y[i] = x[i] * sigmoid(false, x[i]) * up[i];
}

CLONES void gate_backward(bool silu, const float *x, const float *up, const float *dy, float *dx, float *dup,
                          int64_t n) {
  if (silu) {
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
      const float s = sigmoid(true, x[i]);
      dx[i] = dy[i] * up[i] * slope(true, x[i], s);
      dup[i] = dy[i] * x[i] * s;
    }
    return;
  }
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    const float s = sigmoid(false, x[i]);
    dx[i] = dy[i] * up[i] * slope(false, x[i], s);
    dup[i] = dy[i] * x[i] * s;
  }
}

CLONES void rms_norm(const float *x, const float *w, float *y, float *inverse, int64_t rows, int64_t k, float eps,
                     bool half) {
  for (int64_t r = 0; r < rows; r++) {
    const float *from = x + r * k;
    float *to = y + r * k, sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < k; i++) sum += from[i] * from[i];
    const float scale = 1.0f / std::sqrt(sum / float(k) + eps);
    inverse[r] = scale;
    if (half) {
#pragma omp simd
      for (int64_t i = 0; i < k; i++) to[i] = wide(round16(from[i] * scale)) * w[i];
      continue;
    }
#pragma omp simd
    for (int64_t i = 0; i < k; i++) to[i] = from[i] * scale * w[i];
  }
}

CLONES void rms_norm_backward(const float *x, const float *w, const float *inverse, const float *dy, float *dx,
                              float *dw, int64_t rows, int64_t k) {
  for (int64_t r = 0; r < rows; r++) {
    const float *from = x + r * k, *over = dy + r * k, scale = inverse[r];
    float *to = dx + r * k, sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < k; i++) sum += over[i] * w[i] * from[i];
    const float pull = sum * scale * scale / float(k);
#pragma omp simd
    for (int64_t i = 0; i < k; i++) to[i] = scale * (over[i] * w[i] - from[i] * pull);
    if (dw == nullptr) continue;
#pragma omp simd
    for (int64_t i = 0; i < k; i++) dw[i] += over[i] * from[i] * scale;
  }
}

CLONES void rotate(const Rotation &rotation, const float *x, float *y, int64_t rows) {
  const Rotation r = rotation;
  for (int64_t row = 0; row < rows; row++) {
    const float *cos = r.cos + r.positions[row] * r.half, *sin = r.sin + r.positions[row] * r.half;
    for (int64_t h = 0; h < r.heads; h++) {
      const float *a = x + (row * r.heads + h) * r.width, *b = a + r.half;
      float *c = y + (row * r.heads + h) * r.width, *d = c + r.half;
#pragma omp simd
      for (int64_t i = 0; i < r.half; i++) {
        const float turn = r.sign * sin[i];
        c[i] = a[i] * cos[i] - b[i] * turn;
        d[i] = b[i] * cos[i] + a[i] * turn;
      }
      std::copy(a + 2 * r.half, a + r.width, c + 2 * r.half);
    }
  }
}

CLONES double cross_entropy(const float *x, float *y, int64_t n, const int64_t *targets, int64_t count) {
  double picked = 0;
  for (int64_t i = 0; i < count; i++) picked += double(x[targets[i]]);
  float top = x[0], sum = 0;
#pragma omp simd reduction(max : top)
  for (int64_t i = 0; i < n; i++) top = x[i] > top ? x[i] : top;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; i++) {
    y[i] = exponential(x[i] - top);
    sum += y[i];
  }
  const float scale = float(count) / sum; // NaN and infinity arrive here as NaN
#pragma omp simd
  for (int64_t i = 0; i < n; i++) y[i] *= scale;
  for (int64_t i = 0; i < count; i++) y[targets[i]] -= 1.0f;
  return double(count) * (double(top) + std::log(double(sum))) - picked;
}

CLONES void adam(const Adam &a, float *param, const float *grad, float *m, float *v, int64_t n) {
  const float rate = a.rate, b1 = a.rest1, beta2 = a.beta2, b2 = a.rest2;
  const float eps = a.eps, root = a.root, shrink = 1.0f - a.decay, clip = a.clip;
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    const float g = grad == nullptr ? 0.0f : grad[i] * clip;
    const float mi = m[i] + b1 * (g - m[i]), vi = beta2 * v[i] + b2 * g * g;
    m[i] = mi;
    v[i] = vi;
    param[i] = param[i] * shrink - rate * (mi / (std::sqrt(vi) / root + eps));
  }
}

CLONES double squared_norm(const float *x, int64_t n) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; i++) sum += double(x[i]) * double(x[i]);
  return sum;
}

} // namespace kernels
