#include "glue_blocks.h"

#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

using namespace glue;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

namespace {

// What each row predicts: list[starts[r]..starts[r+1]].
struct Targets {
  const int64_t *starts, *list;

  int64_t count(int64_t row) const { return starts[row + 1] - starts[row]; }
};

// Logits [n,V] of the rows from `first` on become the gradient of their losses, whose sum is returned.
Tensor cross_entropy_kernel(Tensor &logits, const Targets &t, int64_t first) {
  const int64_t words = logits.size(1);
  std::vector<double> losses(static_cast<size_t>(logits.size(0)));
  const auto work = [&](auto &in, auto &out, int64_t row, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
      const int64_t *targets = t.list + t.starts[first + row + i], at = i * words;
      losses[size_t(row + i)] = kernels::cross_entropy(in[0] + at, out[0] + at, words, targets, t.count(first + row + i));
    }
  };
  Blocks<1, 1>({logits}, {logits}, words).each(work, std::max<int64_t>(1, 16384 / words));
  return at::scalar_tensor(std::accumulate(losses.begin(), losses.end(), 0.0), at::kDouble);
}

// Any device and dtype: the same maths with libtorch's own operations.
Tensor cross_entropy_anywhere(Tensor &logits, const Targets &t, int64_t first) {
  const int64_t n = logits.size(0), begin = t.starts[first], pairs = t.starts[first + n] - begin;
  Tensor row = at::empty({pairs}, at::kLong), count = at::empty({n, 1}, at::kFloat);
  for (int64_t r = 0; r < n; r++) {
    int64_t *rows = row.data_ptr<int64_t>() - begin;
    std::fill(rows + t.starts[first + r], rows + t.starts[first + r + 1], r);
    count.data_ptr<float>()[r] = static_cast<float>(t.count(first + r));
  }
  const Tensor picked = from_int64(t.list + begin, pairs).to(logits.device());
  row = row.to(logits.device());
  Tensor p = at::log_softmax(logits, 1, at::kFloat);
  const Tensor loss = p.index({row, picked}).sum(at::kDouble).neg();
  p.exp_().mul_(count.to(logits.device()));
  p.index_put_({row, picked}, at::full({1}, -1.0, p.options()), /*accumulate=*/true);
  logits.copy_(p);
  return loss;
}

// sum over rows r and their targets t of -ln softmax(table hidden_r)[t], with
// both gradients made on the way, a chunk of rows at a time: the logits of a
// batch never exist together. Products are in the table's dtype, the rest float32.
struct HeadLoss : torch::autograd::Function<HeadLoss> {
  static Tensor forward(AutogradContext *ctx, const Tensor &hidden_, const Tensor &table, Targets targets,
                        int64_t chunk_floats, bool learn) {
    const Tensor hidden = hidden_.to(table.scalar_type());
    const int64_t rows = hidden.size(0);
    const int64_t chunk = std::max<int64_t>(1, std::min(rows, chunk_floats / std::max<int64_t>(1, table.size(0))));
    const bool dh = learn && hidden_.requires_grad(), dw = learn && table.requires_grad(), fast = ours(table);
    Tensor loss = at::zeros({}, table.options().dtype(at::kDouble));
    Tensor grad_h = dh ? at::empty_like(hidden) : Tensor();
    Tensor grad_w = dw ? at::zeros(table.sizes(), table.options().dtype(at::kFloat)) : Tensor();
    // One buffer for all chunks: fresh memory costs the system more than the softmax.
    const Tensor buffer = at::empty({chunk, table.size(0)}, table.options());
    for (int64_t from = 0; from < rows; from += chunk) {
      const int64_t n = std::min(chunk, rows - from);
      const Tensor h = hidden.narrow(0, from, n);
      Tensor p = buffer.narrow(0, 0, n);
      at::mm_out(p, h, table.t());
      loss += (fast ? cross_entropy_kernel : cross_entropy_anywhere)(p, targets, from);
      if (dh) {
        Tensor slice = grad_h.narrow(0, from, n);
        at::mm_out(slice, p, table);
      }
      if (dw && p.scalar_type() == at::kFloat) grad_w.addmm_(p.t(), h);
      else if (dw) grad_w.add_(at::mm(p.t(), h)); // rounds a chunk's part, not the sum
    }
    if (dh) grad_h = grad_h.to(hidden_.scalar_type());
    if (dw) grad_w = grad_w.to(table.scalar_type());
    ctx->save_for_backward({grad_h, grad_w});
    return loss.to(at::kFloat);
  }
  static tensor_list backward(AutogradContext *ctx, tensor_list grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &g = grads[0];
    const auto scaled = [&](const Tensor &t) { return t.defined() ? t * g.to(t.scalar_type()) : Tensor(); };
    return {scaled(saved[0]), scaled(saved[1]), Tensor(), Tensor(), Tensor()};
  }
};

// Any device: the same maths with libtorch's own operations.
void adam_anywhere(Tensor &p, Tensor &m, Tensor &v, const glue_adam &a, double corrected, double root) {
  const Tensor g = p.grad().defined() ? p.grad() * a.clip : at::zeros_like(p);
  corrected = static_cast<float>(corrected); // infinity passes as a float32, what is beyond it does not
  m.lerp_(g, 1 - a.beta1);
  v.mul_(a.beta2).addcmul_(g, g, 1 - a.beta2);
  if (a.decay > 0) p.mul_(static_cast<float>(1 - a.rate * a.decay));
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
      sums[size_t(i)] = kernels::squared_norm(p + i * part, std::min(part, g.numel() - i * part));
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

} // namespace

extern "C" {

glue_error glue_requires_grad(glue_tensor t, int on) {
  return protect([&] { of(t).requires_grad_(on != 0); });
}

int glue_needs_grad(glue_tensor t) { return of(t).requires_grad(); }

int glue_is_leaf(glue_tensor t) { return of(t).is_leaf(); }

int glue_has_grad(glue_tensor t) { return of(t).grad().defined(); }

glue_error glue_leaf(glue_tensor *out, glue_tensor t) {
  return protect([&] {
    Tensor leaf = of(t).detach();
    leaf.requires_grad_(true);
    *out = hand(leaf);
  });
}

glue_error glue_backward(glue_tensor loss, int retain) {
  return protect([&] { torch::autograd::backward({of(loss)}, {}, retain != 0); });
}

glue_error glue_backward_from(glue_tensor t, glue_tensor leaf, int retain) {
  return protect([&] {
    const Tensor grad = of(leaf).grad();
    if (!grad.defined() || !of(t).requires_grad()) return;
    of(leaf).mutable_grad() = Tensor();
    torch::autograd::backward({of(t)}, {grad}, retain != 0);
  });
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
    for (int i = 0; i < n; i++)
      TORCH_CHECK(of(params[i]).scalar_type() == at::kFloat, "leaf ", i, " is ", of(params[i]).scalar_type(),
                  "; what trains is float32");
    for (int i = 0; i < n; i++) {
      const bool fast = plain(of(params[i])) && of(params[i]).is_contiguous();
      (fast ? adam_plain : adam_anywhere)(of(params[i]), of(m[i]), of(v[i]), how, corrected, root);
    }
  });
}

glue_error glue_head_loss(glue_tensor *out, glue_tensor hidden, glue_tensor table, const int64_t *starts,
                          const int64_t *targets, int64_t chunk_floats) {
  return protect([&] {
    const Tensor &h = of(hidden), &t = of(table);
    const int64_t words = t.size(0), *end = targets + starts[h.size(0)];
    const int64_t *wrong = std::find_if(targets, end, [=](int64_t x) { return x < 0 || x >= words; });
    TORCH_CHECK(wrong == end, "target ", *wrong, " of ", words);
    *out = hand(HeadLoss::apply(h, t, Targets{starts, targets}, chunk_floats, c10::GradMode::is_enabled()));
  });
}

} // extern "C"
