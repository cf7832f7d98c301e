#include "kernels_common.h"

namespace kernels {
namespace {

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
  if (seen == 1) delta = d[0] * (dropping ? mask(drop, start) : 1.0f); // the score of a lone key changes nothing
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

} // namespace kernels
