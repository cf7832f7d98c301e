// The C side of this package: what gotch's generated calls lack or do wrongly.
// Tensors are the same handles (at::Tensor*) as libtch's. Every function that
// can fail returns NULL, or the error's text, which the caller frees.
// glue.cpp: build, memory. glue_train.cpp: gradients, Adam, the head's loss.
// glue_layers.cpp: norms, rotations, activations, dropout. glue_attention.cpp.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void *glue_tensor;
typedef char *glue_error;

enum { GLUE_HAS_SDPA = 1, GLUE_HAS_CUDA = 2, GLUE_HAS_PACKED = 4 };

const char *glue_version(void);
int glue_capabilities(void);
int glue_cuda_devices(void);

void glue_claim(int64_t executor); // the calling thread is this executor's; 0 for nobody's
int64_t glue_owner(void);
glue_error glue_set_threads(int threads);
glue_error glue_seed(uint64_t seed);
int glue_grad_mode(int on); // returns what it was
int glue_grad_enabled(void);

// data has the dtype `from`; the tensor gets the dtype `to`
glue_error glue_from_memory(glue_tensor *out, const void *data, const int64_t *shape, int dims, int from, int to,
                            int device);
glue_error glue_to_memory(glue_tensor t, void *data, size_t bytes, int dtype);
glue_error glue_write(glue_tensor t, const float *data, size_t n);
int glue_dims(glue_tensor t);
int glue_dtype(glue_tensor t);
void glue_shape(glue_tensor t, int64_t *shape);

glue_error glue_peak_memory(int device, int64_t *bytes); // 0 where it is not counted
glue_error glue_reset_peak_memory(int device);
glue_error glue_empty_cache(void);

glue_error glue_requires_grad(glue_tensor t, int on);
int glue_needs_grad(glue_tensor t);
int glue_is_leaf(glue_tensor t);
int glue_has_grad(glue_tensor t);
glue_error glue_leaf(glue_tensor *out, glue_tensor t); // the same values, cut off, a leaf that requires grad
glue_error glue_backward(glue_tensor loss, int retain);
// backward of t from the gradient that the leaf gathered, and forgets that one
glue_error glue_backward_from(glue_tensor t, glue_tensor leaf, int retain);
glue_error glue_grad(glue_tensor *out, glue_tensor t); // *out is NULL where there is none
void glue_clear_grad(glue_tensor t);
glue_error glue_grad_norm(glue_tensor *params, int n, double *norm);

typedef struct {
  double rate, beta1, beta2, eps, decay, clip;
  int64_t step; // 1 for the first
} glue_adam;
glue_error glue_adam_step(glue_tensor *params, glue_tensor *m, glue_tensor *v, int n, glue_adam how);

// What dropout drops: `first` is the number that x's first row (attention: the
// first sequence) has in the whole batch.
typedef struct {
  double rate;
  uint64_t seed;
  int64_t first;
} glue_drop;

enum { GLUE_GELU_TANH, GLUE_GELU, GLUE_RELU, GLUE_SILU, GLUE_TANH };
glue_error glue_activate(glue_tensor *out, glue_tensor x, int activation);
glue_error glue_gate(glue_tensor *out, glue_tensor gate, glue_tensor up, int activation);
glue_error glue_dropout_add(glue_tensor *out, glue_tensor x, glue_tensor residual, glue_drop drop);
glue_error glue_rms_norm(glue_tensor *out, glue_tensor x, glue_tensor weight, double eps);
glue_error glue_rotate(glue_tensor *out, glue_tensor x, glue_tensor cos, glue_tensor sin, glue_tensor positions,
                       int heads);

typedef struct {
  int heads, groups; // groups: heads of keys and values
  double scale;
  int causal;
  glue_drop drop;
} glue_attention;
glue_error glue_fused_attention(glue_tensor *out, glue_tensor qkv, const int64_t *starts, int sequences,
                                glue_attention how);
glue_error glue_packed_attention(glue_tensor *out, glue_tensor q, glue_tensor k, glue_tensor v, glue_tensor bias,
                                 const int64_t *to, const int64_t *from, int sequences, glue_attention how);
glue_error glue_sdpa(glue_tensor *out, glue_tensor q, glue_tensor k, glue_tensor v, glue_tensor mask,
                     glue_attention how);
glue_error glue_head_loss(glue_tensor *out, glue_tensor hidden, glue_tensor table, const int64_t *starts,
                          const int64_t *targets, int64_t chunk_floats);

#ifdef __cplusplus
}
#endif
