// CPU kernels over plain float32 memory (and the way there from bfloat16): what libtorch's CPU build does slowly
// (causal attention over sequences of unlike lengths, dropout) or not at all
// (Adam in one pass). Nothing here knows tensors; glue.cpp does.
#pragma once
#include <cstdint>

namespace kernels {

// The Fortran BLAS product of the library that libtorch itself uses.
using Sgemm = void (*)(const char *, const char *, const int *, const int *, const int *, const float *,
                       const float *, const int *, const float *, const int *, const float *, float *,
                       const int *);

// A random stream that is a pure function of (seed, index): the same bits on
// any number of threads, and again in the backward pass, without being stored.
struct Stream {
  uint32_t first, second, threshold; // an element is dropped where hash < threshold
  float keep;                        // 1 / (1 - rate)
};
Stream stream(uint64_t seed, uint64_t part, double rate);

// One head of one sequence. Row strides are in floats.
struct Head {
  const float *q;         // [queries, width], stride qs
  const float *k, *v;     // [keys, width] each, stride ks
  const float *bias;      // bias[j - i] is added to the score of query i, key j; may be null
  float *out;             // [queries, width], stride wide
  float *lse;             // [queries], ln of the softmax's denominator
  int queries, keys, width, qs, ks, wide;
  float scale;
  bool causal; // query i sees keys 0..i; there are as many keys as queries
  bool dropping;
  Stream drop;
};
// Its gradients: dq with stride qs, dk and dv with stride ks, dout with stride wide.
struct HeadGrad {
  float *dq, *dk, *dv;
  const float *dout;
  float *dbias; // lies as bias does and is added to; may be null
  bool more;    // add to dk and dv, which hold the gradients of another head
};

constexpr int kRows = 64; // rows of the score matrix that are alive at a time

// scratch holds kRows * keys floats (backward: twice that).
void attention_forward(Sgemm gemm, const Head &head, float *scratch);
void attention_backward(Sgemm gemm, const Head &head, const HeadGrad &grad, float *scratch);

// n numbers of bfloat16 as float32, and rounded to the nearest, ties to even.
void widen(const uint16_t *x, float *y, int64_t n);
void narrow(const float *x, uint16_t *y, int64_t n);

// out[i] = residual[i] + x[i] * mask(first + i) of n elements; residual may be null.
void dropout(const float *x, const float *residual, float *out, int64_t n, uint32_t first, const Stream &s);

// GELU, tanh form (Hendrycks & Gimpel 2016, eq. 2), and its gradient times dy.
void gelu(const float *x, float *y, int64_t n);
void gelu_backward(const float *x, const float *dy, float *dx, int64_t n);

// y = x / sqrt(mean x^2 + eps) * w by rows of k numbers; inverse [rows] keeps the
// first factor of each. As transformers', a half one rounds to bfloat16 before it
// multiplies by w. The gradient adds to dw unless that is null.
void rms_norm(const float *x, const float *w, float *y, float *inverse, int64_t rows, int64_t k, float eps, bool half);
void rms_norm_backward(const float *x, const float *w, const float *inverse, const float *dy, float *dx, float *dw,
                       int64_t rows, int64_t k);

// Turns pairs (c, c + half) of each head's columns by the angles of the row's
// position; by their negatives in the backward pass. The other columns stay.
struct Rotation {
  const float *cos, *sin;   // [positions, half]
  const int64_t *positions; // of the first row and those after it
  int64_t heads, width, half;
  float sign; // of sin: 1, or -1 backward
};
void rotate(const Rotation &r, const float *x, float *y, int64_t rows);

// y = act(x) up and its gradients; act is SiLU or GELU's tanh form.
void gate(bool silu, const float *x, const float *up, float *y, int64_t n);
void gate_backward(bool silu, const float *x, const float *up, const float *dy, float *dx, float *dup, int64_t n);

// -ln softmax(x)[t] summed over targets t, and its gradient y [n], which may lie
// where x does.
double cross_entropy(const float *x, float *y, int64_t n, const int64_t *targets, int64_t count);

// One step of torch.optim.Adam over n floats; grad may be null (zero gradient).
struct Adam {
  float rate;                // divided by the first bias correction
  float rest1, beta2, rest2; // 1 - beta1, beta2, 1 - beta2
  float eps, root;           // root: square root of the second bias correction
  float decay, clip;         // rate * decoupled weight decay; factor on the gradient
};
void adam(const Adam &a, float *param, const float *grad, float *m, float *v, int64_t n);

double squared_norm(const float *x, int64_t n);

} // namespace kernels
