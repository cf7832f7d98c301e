#include "glue_common.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

using namespace glue;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

namespace {

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

// What a dropout's backward pass needs: the rate, the seed, the first element's place.
struct Draw {
  double rate;
  int64_t seed, first;
};

Draw draw(const Tensor &x, const glue_drop &d) {
  const int64_t row = x.dim() == 0 ? 1 : x.numel() / std::max<int64_t>(x.size(0), 1);
  return {d.rate, static_cast<int64_t>(d.seed), d.first * row};
}

Tensor drop(const Tensor &x, const Tensor &residual, const Draw &d) {
  const auto s = kernels::stream(static_cast<uint64_t>(d.seed), 0, d.rate);
  const auto first = static_cast<uint32_t>(d.first);
  Tensor out = at::empty_like(x);
  const float *from = x.data_ptr<float>(), *base = residual.defined() ? residual.data_ptr<float>() : nullptr;
  float *to = out.data_ptr<float>();
  slices(x.numel(), [=](int64_t a, int64_t b) { kernels::dropout(from, base, to, a, b, first, s); });
  return out;
}

void keep(AutogradContext *ctx, const Draw &d) {
  ctx->saved_data["rate"] = d.rate;
  ctx->saved_data["seed"] = d.seed;
  ctx->saved_data["first"] = d.first;
}

Draw kept(AutogradContext *ctx) {
  auto &data = ctx->saved_data;
  return {data["rate"].toDouble(), data["seed"].toInt(), data["first"].toInt()};
}

struct Dropout : torch::autograd::Function<Dropout> {
  static Tensor forward(AutogradContext *ctx, const Tensor &x, Draw d) {
    keep(ctx, d);
    return drop(x.contiguous(), Tensor(), d);
  }
  static tensor_list backward(AutogradContext *ctx, tensor_list grads) {
    return {drop(grads[0].contiguous(), Tensor(), kept(ctx)), Tensor()};
  }
};

struct DropoutAdd : torch::autograd::Function<DropoutAdd> {
  static Tensor forward(AutogradContext *ctx, const Tensor &x, const Tensor &residual, Draw d) {
    keep(ctx, d);
    return drop(x.contiguous(), residual.contiguous(), d);
  }
  static tensor_list backward(AutogradContext *ctx, tensor_list grads) {
    return {drop(grads[0].contiguous(), Tensor(), kept(ctx)), grads[0], Tensor()};
  }
};

// Dropout of any dtype on any device.
Tensor dropout(const Tensor &x, const glue_drop &d) {
  if (x.device().is_cpu()) return Dropout::apply(x.to(at::kFloat), draw(x, d)).to(x.scalar_type());
  at::manual_seed(d.seed); // libtorch's own generator, so that the same place draws the same again
  return at::dropout(x, d.rate, true);
}

Tensor dropout_add(const Tensor &x, const Tensor &base, const glue_drop &d) {
  TORCH_CHECK(base.sizes() == x.sizes(), "dropout of ", x.sizes(), " onto ", base.sizes());
  if (!plain(x) || !plain(base)) return base + dropout(x, d);
  return DropoutAdd::apply(x, base, draw(x, d));
}

Tensor activate(const Tensor &x, int activation) {
  switch (activation) {
  case GLUE_GELU_TANH:
    return plain(x) ? Gelu::apply(x) : at::gelu(x, "tanh");
  case GLUE_GELU:
    return at::gelu(x, "none");
  case GLUE_RELU:
    return at::relu(x);
  case GLUE_SILU:
    return at::silu(x);
  default:
    return at::tanh(x);
  }
}

// As transformers: everything but the last product in float32.
Tensor rms_norm(const Tensor &x, const Tensor &weight, double eps) {
  const Tensor f = x.to(at::kFloat);
  const Tensor scale = (f.square().mean(-1, /*keepdim=*/true) + eps).rsqrt();
  return weight.to(x.scalar_type()) * (f * scale).to(x.scalar_type());
}

// x [S, heads, D]: the halves of the first R columns turn by each row's angles.
Tensor rotate(const Tensor &x, const Tensor &cos, const Tensor &sin, const Tensor &positions) {
  const int64_t half = cos.size(1);
  const Tensor c = cos.index_select(0, positions).unsqueeze(1).to(x.scalar_type()); // [S,1,R/2]
  const Tensor s = sin.index_select(0, positions).unsqueeze(1).to(x.scalar_type());
  const Tensor a = x.narrow(2, 0, half), b = x.narrow(2, half, half);
  return at::cat({a * c - b * s, b * c + a * s, x.narrow(2, 2 * half, x.size(2) - 2 * half)}, 2);
}

} // namespace

extern "C" {

glue_error glue_activate(glue_tensor *out, glue_tensor x, int activation) {
  return protect([&] { *out = hand(activate(of(x), activation)); });
}

glue_error glue_gate(glue_tensor *out, glue_tensor gate, glue_tensor up, int activation) {
  return protect([&] {
    TORCH_CHECK(of(gate).sizes() == of(up).sizes(), "a gate of ", of(gate).sizes(), " for ", of(up).sizes());
    *out = hand(activate(of(gate), activation) * of(up));
  });
}

glue_error glue_dropout_add(glue_tensor *out, glue_tensor x, glue_tensor residual, glue_drop d) {
  return protect([&] { *out = hand(residual == nullptr ? dropout(of(x), d) : dropout_add(of(x), of(residual), d)); });
}

glue_error glue_rms_norm(glue_tensor *out, glue_tensor x, glue_tensor weight, double eps) {
  return protect([&] {
    TORCH_CHECK(of(weight).dim() == 1 && of(x).dim() > 0 && of(x).size(-1) == of(weight).size(0), "rms_norm of ",
                of(x).sizes(), " with ", of(weight).sizes());
    *out = hand(rms_norm(of(x), of(weight), eps));
  });
}

glue_error glue_rotate(glue_tensor *out, glue_tensor x_, glue_tensor cos, glue_tensor sin, glue_tensor positions,
                       int heads) {
  return protect([&] {
    const Tensor &x = of(x_), &c = of(cos);
    TORCH_CHECK(x.dim() == 2 && heads > 0 && x.size(1) % heads == 0 && 2 * c.size(1) <= x.size(1) / heads, "rotate ",
                x.sizes(), " of ", heads, " heads by ", c.sizes());
    const Tensor split = x.view({x.size(0), heads, x.size(1) / heads});
    *out = hand(rotate(split, c, of(sin), of(positions)).view(x.sizes()));
  });
}

} // extern "C"
