// The C side of this package: what gotch's generated calls lack or do wrongly.
// Tensors are the same handles (at::Tensor*) as libtch's. Every function that
// can fail returns NULL, or the error's text, which the caller frees.
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

glue_error glue_set_threads(int threads);
int glue_threads(void);
glue_error glue_seed(uint64_t seed);
int glue_grad_mode(int on); // returns what it was

glue_error glue_from_memory(glue_tensor *out, const void *data, const int64_t *shape, int dims, int dtype, int device);
glue_error glue_to_memory(glue_tensor t, void *data, size_t bytes, int dtype);
glue_error glue_write(glue_tensor t, const void *data, size_t bytes);
int glue_dims(glue_tensor t);
void glue_shape(glue_tensor t, int64_t *shape);
glue_error glue_alias(glue_tensor *out, glue_tensor t); // the same tensor under a second handle

glue_error glue_requires_grad(glue_tensor t, int on);
glue_error glue_backward(glue_tensor loss);
glue_error glue_grad(glue_tensor *out, glue_tensor t); // *out is NULL where there is none
void glue_clear_grad(glue_tensor t);
glue_error glue_grad_norm(glue_tensor *params, int n, double *norm);

typedef struct {
  double rate, beta1, beta2, eps, decay, clip;
  int64_t step; // 1 for the first
} glue_adam;
glue_error glue_adam_step(glue_tensor *params, glue_tensor *m, glue_tensor *v, int n, glue_adam how);

glue_error glue_gelu(glue_tensor *out, glue_tensor x, int tanh_form);
glue_error glue_dropout_add(glue_tensor *out, glue_tensor x, glue_tensor residual, double rate, uint64_t seed);
glue_error glue_packed_attention(glue_tensor *out, glue_tensor qkv, const int64_t *starts, int sequences, int heads,
                                 double scale, double dropout, uint64_t seed);
glue_error glue_sdpa(glue_tensor *out, glue_tensor q, glue_tensor k, glue_tensor v, double scale, double dropout);
glue_error glue_head_loss(glue_tensor *out, glue_tensor hidden, glue_tensor table, const int64_t *starts,
                          const int64_t *targets, int64_t chunk_floats);

#ifdef __cplusplus
}
#endif
