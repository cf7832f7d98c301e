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
namespace {

// Murmur3's 64-bit finaliser (Appleby 2011).
uint64_t mix64(uint64_t x) {
  x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdULL;
  x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return x ^ (x >> 33);
}

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

// e^x to 2 ulp for x in [-87, 88] (Cephes), written so that compilers vectorise it.
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

// Row-major C[m,n] = alpha A B + beta C; ta, tb say that A, B are stored transposed.
INLINE void product(Sgemm gemm, bool ta, bool tb, int m, int n, int k, float alpha, const float *a, int lda,
                    const float *b, int ldb, float beta, float *c, int ldc) {
  gemm(tb ? "T" : "N", ta ? "T" : "N", &n, &m, &k, &alpha, b, &ldb, a, &lda, &beta, c, &ldc);
}

CLONES void softmax_row(float *s, int seen, int columns, float *lse) {
  float top = s[0];
#pragma omp simd reduction(max : top)
  for (int j = 0; j < seen; j++) top = s[j] > top ? s[j] : top;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int j = 0; j < seen; j++) {
    s[j] = exponential(s[j] - top);
    sum += s[j];
  }
  const float inverse = 1.0f / sum; // NaN and infinity arrive here as NaN
#pragma omp simd
  for (int j = 0; j < seen; j++) s[j] *= inverse;
  for (int j = seen; j < columns; j++) s[j] = 0;
  *lse = top + std::log(sum);
}

CLONES void drop_row(float *s, int seen, uint32_t start, Stream drop) {
#pragma omp simd
  for (int j = 0; j < seen; j++) s[j] *= mask(drop, start + j);
}

// s: scores -> probabilities after dropout; d: gradient of those -> gradient of the scores.
CLONES void gradient_row(float *s, float *d, int seen, int columns, float lse, float delta, uint32_t start,
                         bool dropping, Stream drop) {
  if (dropping) {
#pragma omp simd
    for (int j = 0; j < seen; j++) {
      const float p = exponential(s[j] - lse), m = mask(drop, start + j);
      s[j] = p * m;
      d[j] = p * (d[j] * m - delta);
    }
  } else {
#pragma omp simd
    for (int j = 0; j < seen; j++) {
      s[j] = exponential(s[j] - lse);
      d[j] = s[j] * (d[j] - delta);
    }
  }
  for (int j = seen; j < columns; j++) s[j] = d[j] = 0;
}

CLONES void add(float *to, const float *x, int n) {
#pragma omp simd
  for (int j = 0; j < n; j++) to[j] += x[j];
}

void clear(float *x, int rows, int width, int stride) {
  for (int i = 0; i < rows; i++) std::fill_n(x + int64_t(i) * stride, width, 0.0f);
}

CLONES float dot(const float *a, const float *b, int n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

} // namespace

Stream stream(uint64_t seed, uint64_t part, double rate) {
  const uint64_t key = mix64(mix64(seed + 0x9e3779b97f4a7c15ULL) + part);
  const double threshold = std::min(rate * 4294967296.0, 4294967295.0);
  return {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32), static_cast<uint32_t>(threshold),
          static_cast<float>(1.0 / (1.0 - rate))};
}

void attention_forward(Sgemm gemm, const Head &h, float *s) {
  for (int from = 0; from < h.queries; from += kRows) {
    const int rows = std::min(kRows, h.queries - from), columns = h.causal ? from + rows : h.keys;
    float *out = h.out + int64_t(from) * h.wide;
    if (columns == 0) { // nothing to look at
      for (int i = 0; i < rows; i++) std::fill_n(out + int64_t(i) * h.wide, h.width, 0.0f);
      continue;
    }
    product(gemm, false, true, rows, columns, h.width, h.scale, h.q + int64_t(from) * h.qs, h.qs, h.k, h.ks, 0,
            s, columns);
    for (int i = 0; i < rows; i++) {
      const int at = from + i, seen = h.causal ? at + 1 : columns;
      float *row = s + int64_t(i) * columns;
      if (h.bias != nullptr) add(row, h.bias - at, seen);
      softmax_row(row, seen, columns, h.lse + at);
      if (h.dropping) drop_row(row, seen, uint32_t(at) * uint32_t(h.keys), h.drop);
    }
    product(gemm, false, false, rows, h.width, columns, 1, s, columns, h.v, h.ks, 0, out, h.wide);
  }
}

void attention_backward(Sgemm gemm, const Head &h, const HeadGrad &g, float *s) {
  float *d = s + int64_t(kRows) * h.keys;
  if (!g.more && h.queries == 0) clear(g.dk, h.keys, h.width, h.ks), clear(g.dv, h.keys, h.width, h.ks);
  if (h.keys == 0) return clear(g.dq, h.queries, h.width, h.qs);
  // From the last block, which sees every column and so may overwrite dk and dv.
  const int last = h.queries == 0 ? -1 : (h.queries - 1) / kRows * kRows;
  for (int from = last; from >= 0; from -= kRows) {
    const int rows = std::min(kRows, h.queries - from), columns = h.causal ? from + rows : h.keys;
    const float beta = from == last && !g.more ? 0.0f : 1.0f;
    const float *q = h.q + int64_t(from) * h.qs, *dout = g.dout + int64_t(from) * h.wide;
    const float *out = h.out + int64_t(from) * h.wide;
    product(gemm, false, true, rows, columns, h.width, h.scale, q, h.qs, h.k, h.ks, 0, s, columns);
    product(gemm, false, true, rows, columns, h.width, 1, dout, h.wide, h.v, h.ks, 0, d, columns);
    for (int i = 0; i < rows; i++) {
      const int at = from + i, seen = h.causal ? at + 1 : columns;
      float *row = s + int64_t(i) * columns, *grad = d + int64_t(i) * columns;
      const float delta = dot(dout + int64_t(i) * h.wide, out + int64_t(i) * h.wide, h.width);
      if (h.bias != nullptr) add(row, h.bias - at, seen);
      gradient_row(row, grad, seen, columns, h.lse[at], delta, uint32_t(at) * uint32_t(h.keys), h.dropping, h.drop);
      if (g.dbias != nullptr) add(g.dbias - at, grad, seen);
    }
    product(gemm, true, false, columns, h.width, rows, 1, s, columns, dout, h.wide, beta, g.dv, h.ks);
    product(gemm, false, false, rows, h.width, columns, h.scale, d, columns, h.k, h.ks, 0,
            g.dq + int64_t(from) * h.qs, h.qs);
    product(gemm, true, false, columns, h.width, rows, h.scale, d, columns, q, h.qs, beta, g.dk, h.ks);
  }
}

CLONES void dropout(const float *x, const float *residual, float *out, int64_t begin, int64_t end, uint32_t first,
                    const Stream &stream) {
  const Stream s = stream;
  if (residual == nullptr) {
#pragma omp simd
    for (int64_t i = begin; i < end; i++) out[i] = x[i] * mask(s, first + uint32_t(i));
    return;
  }
#pragma omp simd
  for (int64_t i = begin; i < end; i++) out[i] = residual[i] + x[i] * mask(s, first + uint32_t(i));
}

CLONES void gelu(const float *x, float *y, int64_t begin, int64_t end) {
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
    const float u = 1.59576912f * (x[i] + 0.044715f * x[i] * x[i] * x[i]); // 2 sqrt(2/pi) (...)
    y[i] = x[i] / (1.0f + exponential(-u));                              // x sigmoid(2t) = x (1 + tanh t) / 2
  }
}

CLONES void gelu_backward(const float *x, const float *dy, float *dx, int64_t begin, int64_t end) {
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
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

CLONES void gate(bool silu, const float *x, const float *up, float *y, int64_t begin, int64_t end) {
  if (silu) {
#pragma omp simd
    for (int64_t i = begin; i < end; i++) y[i] = x[i] * sigmoid(true, x[i]) * up[i];
    return;
  }
#pragma omp simd
  for (int64_t i = begin; i < end; i++) y[i] = x[i] * sigmoid(false, x[i]) * up[i];
}

CLONES void gate_backward(bool silu, const float *x, const float *up, const float *dy, float *dx, float *dup,
                          int64_t begin, int64_t end) {
  if (silu) {
#pragma omp simd
    for (int64_t i = begin; i < end; i++) {
      const float s = sigmoid(true, x[i]);
      dx[i] = dy[i] * up[i] * slope(true, x[i], s);
      dup[i] = dy[i] * x[i] * s;
    }
    return;
  }
#pragma omp simd
  for (int64_t i = begin; i < end; i++) {
    const float s = sigmoid(false, x[i]);
    dx[i] = dy[i] * up[i] * slope(false, x[i], s);
    dup[i] = dy[i] * x[i] * s;
  }
}

CLONES void rms_norm(const float *x, const float *w, float *y, float *inverse, int64_t begin, int64_t end, int64_t k,
                     float eps) {
  for (int64_t r = begin; r < end; r++) {
    const float *from = x + r * k;
    float *to = y + r * k, sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < k; i++) sum += from[i] * from[i];
    const float scale = 1.0f / std::sqrt(sum / float(k) + eps);
#pragma omp simd
    for (int64_t i = 0; i < k; i++) to[i] = from[i] * scale * w[i];
    inverse[r] = scale;
  }
}

CLONES void rms_norm_backward(const float *x, const float *w, const float *inverse, const float *dy, float *dx,
                              float *dw, int64_t begin, int64_t end, int64_t k) {
  for (int64_t r = begin; r < end; r++) {
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

CLONES void rotate(const Rotation &rotation, const float *x, float *y, int64_t begin, int64_t end) {
  const Rotation r = rotation;
  for (int64_t row = begin; row < end; row++) {
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
