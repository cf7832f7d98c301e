#include "glue.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/csrc/api/include/torch/version.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#ifdef CLLM4REC_CUDA
#include <c10/cuda/CUDAFunctions.h>
#endif

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <exception>
#include <numeric>
#include <vector>

#include "kernels.h"

#define GLUE_SDPA (TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 1))

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

namespace {

// Runs f and turns whatever it throws into text.
template <typename F> glue_error protect(F f) {
  try {
    f();
    return nullptr;
  } catch (const c10::Error &e) {
    return strdup(e.what_without_backtrace());
  } catch (const std::exception &e) {
    return strdup(e.what());
  } catch (...) {
    return strdup("an exception that is not a std::exception");
  }
}

Tensor &of(glue_tensor t) { return *static_cast<Tensor *>(t); }
glue_tensor hand(Tensor t) { return new Tensor(std::move(t)); }

at::Device device_of(int d) { return d < 0 ? at::Device(at::kCPU) : at::Device(at::kCUDA, d); }

void *symbol(const char *name) { return dlsym(RTLD_DEFAULT, name); }
kernels::Sgemm sgemm() {
  static const auto found = reinterpret_cast<kernels::Sgemm>(symbol("sgemm_"));
  return found;
}
void blas_threads(int n) {
  using setter = void (*)(int);
  static const auto set = reinterpret_cast<setter>(symbol("openblas_set_num_threads"));
  if (set != nullptr) set(n);
}

// OpenBLAS would start threads of its own under each of ours.
struct SerialBlas {
  SerialBlas() { blas_threads(1); }
  ~SerialBlas() { blas_threads(at::get_num_threads()); }
};

// Calls f(begin, end) over slices of 0..n on all threads.
template <typename F> void slices(int64_t n, F f) { at::parallel_for(0, n, 16384, f); }

bool plain(const Tensor &t) { return t.device().is_cpu() && t.scalar_type() == at::kFloat; }

struct Gelu : torch::autograd::Function<Gelu> {
  static Tensor forward(AutogradContext *ctx, const Tensor &x_) {
    const Tensor x = x_.contiguous();
    ctx->save_for_backward({x});
    Tensor y = at::empty_like(x);
    const float *from = x.data_ptr<float>();
    float *to = y.data_ptr<float>();
    slices(x.numel(), [=](int64_t a, int64_t b) { kernels::gelu(from, to, a, b); });
    return y;
  }
  static tensor_list backward(AutogradContext *ctx, tensor_list grads) {
    const Tensor x = ctx->get_saved_variables()[0], dy = grads[0].contiguous();
    Tensor dx = at::empty_like(x);
    const float *from = x.data_ptr<float>(), *over = dy.data_ptr<float>();
    float *to = dx.data_ptr<float>();
    slices(x.numel(), [=](int64_t a, int64_t b) { kernels::gelu_backward(from, over, to, a, b); });
    return {dx};
  }
};

Tensor drop(const Tensor &x, const Tensor &residual, const AutogradContext &ctx) {
  const auto seed = static_cast<uint64_t>(ctx.saved_data.at("seed").toInt());
  const auto s = kernels::stream(seed, 0, ctx.saved_data.at("rate").toDouble());
  Tensor out = at::empty_like(x);
  const float *from = x.data_ptr<float>(), *base = residual.defined() ? residual.data_ptr<float>() : nullptr;
  float *to = out.data_ptr<float>();
  slices(x.numel(), [=](int64_t a, int64_t b) { kernels::dropout(from, base, to, a, b, s); });
  return out;
}

struct Dropout : torch::autograd::Function<Dropout> {
  static Tensor forward(AutogradContext *ctx, const Tensor &x, double rate, int64_t seed) {
    ctx->saved_data["rate"] = rate;
    ctx->saved_data["seed"] = seed;
    return drop(x.contiguous(), Tensor(), *ctx);
  }
  static tensor_list backward(AutogradContext *ctx, tensor_list grads) {
    return {drop(grads[0].contiguous(), Tensor(), *ctx), Tensor(), Tensor()};
  }
};

struct DropoutAdd : torch::autograd::Function<DropoutAdd> {
  static Tensor forward(AutogradContext *ctx, const Tensor &x, const Tensor &residual, double rate, int64_t seed) {
    ctx->saved_data["rate"] = rate;
    ctx->saved_data["seed"] = seed;
    return drop(x.contiguous(), residual.contiguous(), *ctx);
  }
  static tensor_list backward(AutogradContext *ctx, tensor_list grads) {
    return {drop(grads[0].contiguous(), Tensor(), *ctx), grads[0], Tensor(), Tensor()};
  }
};

// Causal attention of sequences that lie one after another in qkv [S, 3K].
struct PackedAttention : torch::autograd::Function<PackedAttention> {
  struct Shape {
    std::vector<int64_t> starts;
    int64_t heads, width, longest = 0;
    double scale, rate;
    uint64_t seed;
    int64_t tasks() const { return heads * static_cast<int64_t>(starts.size() - 1); }
    int64_t work() const { // multiplications of one product, about
      int64_t n = 0;
      for (size_t i = 1; i < starts.size(); i++) n += (starts[i] - starts[i - 1]) * (starts[i] - starts[i - 1]);
      return n * heads * width;
    }
  };

  static kernels::Head head(const Shape &s, int64_t task, const float *qkv, float *out, float *lse) {
    const int64_t doc = task / s.heads, h = task % s.heads, at = s.starts[doc], wide = s.heads * s.width;
    const float *q = qkv + at * 3 * wide + h * s.width;
    return {q, q + wide, q + 2 * wide, out + at * wide + h * s.width, lse + h * s.starts.back() + at,
            static_cast<int>(s.starts[doc + 1] - at), static_cast<int>(s.width), static_cast<int>(3 * wide),
            static_cast<int>(wide), static_cast<float>(s.scale),
            kernels::stream(s.seed, static_cast<uint64_t>(task), s.rate), s.rate > 0};
  }

  // Hands tasks to threads as they become free: documents differ in length.
  template <typename F> static void each(const Shape &s, int64_t buffers, F f) {
    const SerialBlas serial;
    std::atomic<int64_t> next{0};
    const int64_t wanted = std::min(s.tasks(), 1 + s.work() / 500000); // waking a thread costs some 10 us
    const int64_t threads = std::min<int64_t>(at::get_num_threads(), wanted);
    at::parallel_for(0, threads, 1, [&](int64_t a, int64_t b) {
      std::vector<float> scratch(static_cast<size_t>(buffers * kernels::kRows * s.longest));
      for (int64_t t = a; t < b; t++)
        for (int64_t task; (task = next++) < s.tasks();) f(task, scratch.data());
    });
  }

  static Tensor forward(AutogradContext *ctx, const Tensor &qkv_, const Tensor &starts, int64_t heads, double scale,
                        double rate, int64_t seed) {
    const Tensor qkv = qkv_.contiguous();
    const Shape s = shape(qkv, starts, heads, scale, rate, seed);
    Tensor out = at::empty({qkv.size(0), qkv.size(1) / 3}, qkv.options());
    Tensor lse = at::empty({heads, qkv.size(0)}, qkv.options());
    const float *in = qkv.data_ptr<float>();
    float *to = out.data_ptr<float>(), *norm = lse.data_ptr<float>();
    each(s, 1, [&](int64_t task, float *scratch) {
      kernels::attention_forward(sgemm(), head(s, task, in, to, norm), scratch);
    });
    ctx->save_for_backward({qkv, starts, out, lse});
    ctx->saved_data["heads"] = heads;
    ctx->saved_data["scale"] = scale;
    ctx->saved_data["rate"] = rate;
    ctx->saved_data["seed"] = seed;
    return out;
  }

  static tensor_list backward(AutogradContext *ctx, tensor_list grads) {
    const auto saved = ctx->get_saved_variables();
    auto &data = ctx->saved_data;
    const Tensor dout = grads[0].contiguous();
    const Shape s = shape(saved[0], saved[1], data["heads"].toInt(), data["scale"].toDouble(),
                          data["rate"].toDouble(), data["seed"].toInt());
    Tensor dqkv = at::empty_like(saved[0]);
    const float *in = saved[0].data_ptr<float>(), *over = dout.data_ptr<float>();
    float *to = dqkv.data_ptr<float>(), *out = saved[2].data_ptr<float>(), *norm = saved[3].data_ptr<float>();
    each(s, 2, [&](int64_t task, float *scratch) {
      const auto h = head(s, task, in, out, norm);
      float *dq = to + (h.q - in);
      const kernels::HeadGrad g{dq, dq + h.wide, dq + 2 * h.wide, over + (h.out - out)};
      kernels::attention_backward(sgemm(), h, g, scratch);
    });
    return {dqkv, Tensor(), Tensor(), Tensor(), Tensor(), Tensor()};
  }

  static Shape shape(const Tensor &qkv, const Tensor &starts, int64_t heads, double scale, double rate, int64_t seed) {
    const int64_t *p = starts.data_ptr<int64_t>();
    Shape s{{p, p + starts.numel()}, heads, qkv.size(1) / 3 / heads, 0, scale, rate, static_cast<uint64_t>(seed)};
    for (size_t i = 1; i < s.starts.size(); i++) s.longest = std::max(s.longest, s.starts[i] - s.starts[i - 1]);
    return s;
  }
};

// sum over rows r and their targets t of -ln softmax(table hidden_r)[t], with
// both gradients made on the way, a chunk of rows at a time: the logits of a
// batch never exist together.
struct HeadLoss : torch::autograd::Function<HeadLoss> {
  static Tensor forward(AutogradContext *ctx, const Tensor &hidden, const Tensor &table, const Tensor &row,
                        const Tensor &target, const Tensor &count, int64_t chunk_floats, bool learn) {
    const int64_t rows = hidden.size(0), chunk = std::max<int64_t>(1, chunk_floats / table.size(0));
    const bool dh = learn && hidden.requires_grad(), dw = learn && table.requires_grad();
    Tensor loss = at::zeros({}, hidden.options().dtype(at::kDouble));
    Tensor grad_h = dh ? at::empty_like(hidden) : Tensor(), grad_w = dw ? at::zeros_like(table) : Tensor();
    const int64_t *r = row.data_ptr<int64_t>();
    for (int64_t from = 0, pair = 0; from < rows; from += chunk) {
      const int64_t n = std::min(chunk, rows - from);
      const int64_t end = std::lower_bound(r + pair, r + row.numel(), from + n) - r;
      const Tensor h = hidden.narrow(0, from, n);
      const Tensor index = (row.narrow(0, pair, end - pair) - from).to(hidden.device());
      const Tensor picked = target.narrow(0, pair, end - pair).to(hidden.device());
      Tensor p = at::log_softmax(at::mm(h, table.t()), 1);
      loss -= p.index({index, picked}).sum(at::kDouble);
      pair = end;
      if (!dh && !dw) continue;
      p.exp_().mul_(count.narrow(0, from, n).to(hidden.device()).unsqueeze(1));
      p.index_put_({index, picked}, at::full({1}, -1.0, p.options()), /*accumulate=*/true);
      if (dh) {
        Tensor slice = grad_h.narrow(0, from, n);
        at::mm_out(slice, p, table);
      }
      if (dw) grad_w.addmm_(p.t(), h);
    }
    ctx->save_for_backward({grad_h, grad_w});
    return loss.to(hidden.scalar_type());
  }
  static tensor_list backward(AutogradContext *ctx, tensor_list grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &g = grads[0];
    return {saved[0].defined() ? saved[0] * g : Tensor(), saved[1].defined() ? saved[1] * g : Tensor(),
            Tensor(), Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

Tensor from_int64(const int64_t *data, int64_t n) {
  Tensor t = at::empty({n}, at::kLong);
  if (n > 0) std::memcpy(t.data_ptr<int64_t>(), data, sizeof(int64_t) * static_cast<size_t>(n));
  return t;
}

// Any device and dtype: the same maths with libtorch's own operations.
void adam_anywhere(Tensor &p, Tensor &m, Tensor &v, const glue_adam &a, double corrected, double root) {
  const Tensor g = p.grad().defined() ? p.grad() * a.clip : at::zeros_like(p);
  m.lerp_(g, 1 - a.beta1);
  v.mul_(a.beta2).addcmul_(g, g, 1 - a.beta2);
  if (a.decay > 0) p.mul_(1 - a.rate * a.decay);
  p.addcdiv_(m, v.sqrt().div_(root).add_(a.eps), -corrected);
}

void adam_plain(Tensor &p, Tensor &m, Tensor &v, const glue_adam &a, double corrected, double root) {
  const kernels::Adam k{float(corrected), float(1 - a.beta1), float(a.beta2), float(1 - a.beta2),
                        float(a.eps), float(root), float(a.rate * a.decay), float(a.clip)};
  const Tensor grad = p.grad().defined() ? p.grad().contiguous() : Tensor();
  const float *g = grad.defined() ? grad.data_ptr<float>() : nullptr;
  float *pp = p.data_ptr<float>(), *mp = m.data_ptr<float>(), *vp = v.data_ptr<float>();
  slices(p.numel(), [=](int64_t from, int64_t to) {
    kernels::adam(k, pp + from, g == nullptr ? nullptr : g + from, mp + from, vp + from, to - from);
  });
}

double squared_norm(const Tensor &g) {
  if (!plain(g) || !g.is_contiguous()) return g.to(at::kDouble).square().sum().item<double>();
  const float *p = g.data_ptr<float>();
  constexpr int64_t part = 65536; // fixed parts: the sum does not depend on the threads
  std::vector<double> sums(static_cast<size_t>((g.numel() + part - 1) / part));
  at::parallel_for(0, static_cast<int64_t>(sums.size()), 1, [&](int64_t a, int64_t b) {
    for (int64_t i = a; i < b; i++)
      sums[static_cast<size_t>(i)] = kernels::squared_norm(p + i * part, std::min(part, g.numel() - i * part));
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

} // namespace

extern "C" {

const char *glue_version(void) { return TORCH_VERSION; }

int glue_capabilities(void) {
  int c = sgemm() != nullptr ? GLUE_HAS_PACKED : 0;
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

glue_error glue_set_threads(int threads) {
  return protect([&] {
    at::set_num_threads(threads);
    blas_threads(threads);
  });
}

int glue_threads(void) { return at::get_num_threads(); }

glue_error glue_seed(uint64_t seed) {
  return protect([&] { at::manual_seed(seed); });
}

int glue_grad_mode(int on) {
  const bool was = c10::GradMode::is_enabled();
  c10::GradMode::set_enabled(on != 0);
  return was;
}

glue_error glue_from_memory(glue_tensor *out, const void *data, const int64_t *shape, int dims, int dtype,
                            int device) {
  return protect([&] {
    Tensor t = at::empty(at::IntArrayRef(shape, static_cast<size_t>(dims)), static_cast<at::ScalarType>(dtype));
    if (t.numel() > 0) std::memcpy(t.data_ptr(), data, t.nbytes());
    *out = hand(t.to(device_of(device)));
  });
}

glue_error glue_to_memory(glue_tensor t, void *data, size_t bytes, int dtype) {
  return protect([&] {
    const Tensor c = of(t).detach().to(at::kCPU, static_cast<at::ScalarType>(dtype)).contiguous();
    TORCH_CHECK(c.nbytes() == bytes, "the tensor has ", c.nbytes(), " bytes, the destination ", bytes);
    if (bytes > 0) std::memcpy(data, c.data_ptr(), bytes);
  });
}

glue_error glue_write(glue_tensor t, const void *data, size_t bytes) {
  return protect([&] {
    const at::NoGradGuard guard;
    const Tensor &to = of(t);
    TORCH_CHECK(to.nbytes() == bytes, "the tensor has ", to.nbytes(), " bytes, the source ", bytes);
    const Tensor from = at::empty(to.sizes(), to.scalar_type());
    if (bytes > 0) std::memcpy(from.data_ptr(), data, bytes);
    to.copy_(from);
  });
}

int glue_dims(glue_tensor t) { return static_cast<int>(of(t).dim()); }

void glue_shape(glue_tensor t, int64_t *shape) {
  const auto sizes = of(t).sizes();
  std::copy(sizes.begin(), sizes.end(), shape);
}

glue_error glue_alias(glue_tensor *out, glue_tensor t) {
  return protect([&] { *out = hand(of(t)); });
}

glue_error glue_requires_grad(glue_tensor t, int on) {
  return protect([&] { of(t).requires_grad_(on != 0); });
}

glue_error glue_backward(glue_tensor loss) {
  return protect([&] { torch::autograd::backward({of(loss)}, {}); });
}

glue_error glue_grad(glue_tensor *out, glue_tensor t) {
  return protect([&] { *out = of(t).grad().defined() ? hand(of(t).grad()) : nullptr; });
}

void glue_clear_grad(glue_tensor t) { of(t).mutable_grad() = Tensor(); }

glue_error glue_grad_norm(glue_tensor *params, int n, double *norm) {
  return protect([&] {
    const at::NoGradGuard guard;
    double sum = 0;
    for (int i = 0; i < n; i++)
      if (of(params[i]).grad().defined()) sum += squared_norm(of(params[i]).grad());
    *norm = std::sqrt(sum);
  });
}

glue_error glue_adam_step(glue_tensor *params, glue_tensor *m, glue_tensor *v, int n, glue_adam how) {
  return protect([&] {
    const at::NoGradGuard guard;
    const double step = static_cast<double>(how.step);
    const double corrected = how.rate / (1 - std::pow(how.beta1, step));
    const double root = std::sqrt(1 - std::pow(how.beta2, step));
    for (int i = 0; i < n; i++) {
      const bool fast = plain(of(params[i])) && of(params[i]).is_contiguous();
      (fast ? adam_plain : adam_anywhere)(of(params[i]), of(m[i]), of(v[i]), how, corrected, root);
    }
  });
}

glue_error glue_gelu(glue_tensor *out, glue_tensor x, int tanh_form) {
  return protect([&] {
    if (tanh_form != 0 && plain(of(x))) return void(*out = hand(Gelu::apply(of(x))));
    *out = hand(at::gelu(of(x), tanh_form != 0 ? "tanh" : "none"));
  });
}

glue_error glue_dropout_add(glue_tensor *out, glue_tensor x, glue_tensor residual, double rate, uint64_t seed) {
  return protect([&] {
    const auto key = static_cast<int64_t>(seed);
    if (residual == nullptr) {
      // libtorch's own is seeded by glue_seed
      return void(*out = hand(plain(of(x)) ? Dropout::apply(of(x), rate, key) : at::dropout(of(x), rate, true)));
    }
    const Tensor &base = of(residual);
    TORCH_CHECK(base.sizes() == of(x).sizes(), "dropout of ", of(x).sizes(), " onto ", base.sizes());
    if (plain(of(x))) return void(*out = hand(DropoutAdd::apply(of(x), base, rate, key)));
    *out = hand(base + at::dropout(of(x), rate, true));
  });
}

glue_error glue_packed_attention(glue_tensor *out, glue_tensor qkv, const int64_t *starts, int sequences, int heads,
                                 double scale, double dropout, uint64_t seed) {
  return protect([&] {
    TORCH_CHECK(plain(of(qkv)) && sgemm() != nullptr, "packed attention is for float32 on a CPU with BLAS");
    TORCH_CHECK(of(qkv).dim() == 2 && of(qkv).size(1) % (3 * heads) == 0, "attention: qkv is ", of(qkv).sizes());
    TORCH_CHECK(starts[sequences] == of(qkv).size(0), "attention: sequences end at ", starts[sequences]);
    *out = hand(PackedAttention::apply(of(qkv), from_int64(starts, sequences + 1), static_cast<int64_t>(heads), scale,
                                       dropout, static_cast<int64_t>(seed)));
  });
}

glue_error glue_sdpa(glue_tensor *out, glue_tensor q, glue_tensor k, glue_tensor v, double scale, double dropout) {
#if GLUE_SDPA
  return protect([&] {
    *out = hand(at::scaled_dot_product_attention(of(q), of(k), of(v), {}, dropout, /*is_causal=*/true, scale));
  });
#else
  (void)out, (void)q, (void)k, (void)v, (void)scale, (void)dropout;
  return strdup("this libtorch has no scaled_dot_product_attention");
#endif
}

glue_error glue_head_loss(glue_tensor *out, glue_tensor hidden, glue_tensor table, const int64_t *starts,
                          const int64_t *targets, int64_t chunk_floats) {
  return protect([&] {
    const Tensor &h = of(hidden);
    const int64_t rows = h.size(0);
    Tensor row = at::empty({starts[rows]}, at::kLong), count = at::empty({rows}, h.options().device(at::kCPU));
    float *counts = count.data_ptr<float>();
    for (int64_t r = 0; r < rows; r++) {
      std::fill(row.data_ptr<int64_t>() + starts[r], row.data_ptr<int64_t>() + starts[r + 1], r);
      counts[r] = static_cast<float>(starts[r + 1] - starts[r]);
    }
    *out = hand(HeadLoss::apply(h, of(table), row, from_int64(targets, starts[rows]), count, chunk_floats,
                                c10::GradMode::is_enabled()));
  });
}

} // extern "C"
