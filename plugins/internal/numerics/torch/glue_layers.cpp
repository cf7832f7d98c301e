#include "glue_blocks.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

using namespace glue;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

namespace {

struct Gelu : torch::autograd::Function<Gelu> {
  static Tensor forward(AutogradContext *ctx, const Tensor &x_) {
    const Tensor x = x_.contiguous(), y = at::empty_like(x);
    ctx->save_for_backward({x});
    Blocks<1, 1>({x}, {y}).each([](auto &in, auto &out, int64_t, int64_t n) { kernels::gelu(in[0], out[0], n); });
    return y;
  }
  static tensor_list backward(AutogradContext *ctx, tensor_list grads) {
    const Tensor x = ctx->get_saved_variables()[0], dy = grads[0].contiguous(), dx = at::empty_like(x);
    Blocks<2, 1>({x, dy}, {dx}).each([](auto &in, auto &out, int64_t, int64_t n) {
      kernels::gelu_backward(in[0], in[1], out[0], n);
    });
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
  const Tensor y = at::empty_like(x);
  Blocks<2, 1>({x, residual}, {y}).each([&](auto &in, auto &out, int64_t first, int64_t n) {
    kernels::dropout(in[0], in[1], out[0], n, static_cast<uint32_t>(d.first + first), s);
  });
  return y;
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
  if (ours(x)) return Dropout::apply(x, draw(x, d));
  at::manual_seed(d.seed); // libtorch's own generator, so that the same place draws the same again
  return at::dropout(x, d.rate, true);
}

Tensor dropout_add(const Tensor &x, const Tensor &base, const glue_drop &d) {
  TORCH_CHECK(base.sizes() == x.sizes(), "dropout of ", x.sizes(), " onto ", base.sizes());
  if (!ours(x) || !ours(base) || x.scalar_type() != base.scalar_type()) return base + dropout(x, d);
  return DropoutAdd::apply(x, base, draw(x, d));
}

// act(x) up for SiLU and GELU's tanh form.
struct Gate : torch::autograd::Function<Gate> {
  static Tensor forward(AutogradContext *ctx, const Tensor &x_, const Tensor &up_, bool silu) {
    const Tensor x = x_.contiguous(), up = up_.contiguous(), y = at::empty_like(x);
    ctx->save_for_backward({x, up});
    ctx->saved_data["silu"] = silu;
    Blocks<2, 1>({x, up}, {y}).each([=](auto &in, auto &out, int64_t, int64_t n) {
      kernels::gate(silu, in[0], in[1], out[0], n);
    });
    return y;
  }
  static tensor_list backward(AutogradContext *ctx, tensor_list grads) {
    const auto saved = ctx->get_saved_variables();
    const bool silu = ctx->saved_data["silu"].toBool();
    const Tensor dy = grads[0].contiguous(), dx = at::empty_like(dy), dup = at::empty_like(dy);
    Blocks<3, 2>({saved[0], saved[1], dy}, {dx, dup}).each([=](auto &in, auto &out, int64_t, int64_t n) {
      kernels::gate_backward(silu, in[0], in[1], in[2], out[0], out[1], n);
    });
    return {dx, dup, Tensor()};
  }
};

struct RmsNorm : torch::autograd::Function<RmsNorm> {
  static constexpr int64_t kPart = 64; // rows whose gradients of the weight are summed on one thread

  // w is float32.
  static Tensor forward(AutogradContext *ctx, const Tensor &x_, const Tensor &w_, double eps) {
    const Tensor x = x_.contiguous(), w = w_.contiguous(), y = at::empty_like(x);
    const int64_t k = w.size(0), rows = x.numel() / std::max<int64_t>(k, 1);
    const Tensor inverse = at::empty({rows}, w.options());
    ctx->save_for_backward({x, w, inverse});
    ctx->saved_data["learn"] = w_.requires_grad();
    const float *by = w.data_ptr<float>();
    float *scale = inverse.data_ptr<float>();
    const bool half = x.scalar_type() == at::kBFloat16;
    const auto work = [=](auto &in, auto &out, int64_t first, int64_t n) {
      kernels::rms_norm(in[0], by, out[0], scale + first, n, k, float(eps), half);
    };
    Blocks<1, 1>({x}, {y}, k).each(work, kPart);
    return y;
  }
  static tensor_list backward(AutogradContext *ctx, tensor_list grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &w = saved[1], dy = grads[0].contiguous(), dx = at::empty_like(x);
    const int64_t k = w.size(0), rows = saved[2].size(0), parts = (rows + kPart - 1) / kPart;
    const Tensor sums = ctx->saved_data["learn"].toBool() ? at::zeros({parts, k}, w.options()) : Tensor();
    const float *by = w.data_ptr<float>(), *scale = saved[2].data_ptr<float>();
    float *dw = sums.defined() ? sums.data_ptr<float>() : nullptr;
    const Blocks<2, 1> all({x, dy}, {dx}, k);
    const auto work = [&](int64_t a, int64_t b) { // fixed parts: the sum does not depend on the threads
      for (int64_t p = a; p < b; p++)
        all.part(p * kPart, std::min(rows, (p + 1) * kPart), [&](auto &in, auto &out, int64_t first, int64_t n) {
          kernels::rms_norm_backward(in[0], by, scale + first, in[1], out[0], dw == nullptr ? nullptr : dw + p * k, n, k);
        });
    };
    slices(parts, work, 1);
    return {dx, sums.defined() ? sums.sum(0) : Tensor(), Tensor()};
  }
};

// Rotates x [S, H D] by cos and sin [P, R/2] at positions [S].
struct Rotate : torch::autograd::Function<Rotate> {
  static Tensor turn(const Tensor &x, const tensor_list &angles, int64_t heads, float sign) {
    const Tensor y = at::empty_like(x);
    const kernels::Rotation r{angles[0].data_ptr<float>(), angles[1].data_ptr<float>(), angles[2].data_ptr<int64_t>(),
                              heads, x.size(1) / heads, angles[0].size(1), sign};
    const auto work = [=](auto &in, auto &out, int64_t first, int64_t n) {
      kernels::Rotation here = r;
      here.positions += first;
      kernels::rotate(here, in[0], out[0], n);
    };
    Blocks<1, 1>({x}, {y}, x.size(1)).each(work, 64);
    return y;
  }
  static Tensor forward(AutogradContext *ctx, const Tensor &x, const Tensor &cos, const Tensor &sin,
                        const Tensor &positions, int64_t heads) {
    const tensor_list angles{cos.contiguous(), sin.contiguous(), positions.contiguous()};
    ctx->save_for_backward(angles);
    ctx->saved_data["heads"] = heads;
    return turn(x.contiguous(), angles, heads, 1);
  }
  static tensor_list backward(AutogradContext *ctx, tensor_list grads) {
    const Tensor dx =
        turn(grads[0].contiguous(), ctx->get_saved_variables(), ctx->saved_data["heads"].toInt(), -1);
    return {dx, Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

void check_positions(const Tensor &positions, int64_t known) {
  const int64_t *p = positions.data_ptr<int64_t>();
  const auto wrong = [=](int64_t at) { return at < 0 || at >= known; };
  const int64_t *end = p + positions.numel(), *found = std::find_if(p, end, wrong);
  TORCH_CHECK(found == end, "position ", *found, " of ", known);
}

Tensor activate(const Tensor &x, int activation) {
  switch (activation) {
  case GLUE_GELU_TANH:
    return ours(x) ? Gelu::apply(x) : at::gelu(x, "tanh");
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
    const bool fused = activation == GLUE_SILU || activation == GLUE_GELU_TANH;
    if (fused && ours(of(gate)) && of(up).device().is_cpu() && of(gate).scalar_type() == of(up).scalar_type())
      return void(*out = hand(Gate::apply(of(gate), of(up), activation == GLUE_SILU)));
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
    const bool fused = ours(of(x)) && of(weight).device().is_cpu();
    *out = hand(fused ? RmsNorm::apply(of(x), of(weight).to(at::kFloat), eps) : rms_norm(of(x), of(weight), eps));
  });
}

glue_error glue_rotate(glue_tensor *out, glue_tensor x_, glue_tensor cos, glue_tensor sin, glue_tensor positions,
                       int heads) {
  return protect([&] {
    const Tensor &x = of(x_), &c = of(cos);
    TORCH_CHECK(x.dim() == 2 && heads > 0 && x.size(1) % heads == 0 && 2 * c.size(1) <= x.size(1) / heads, "rotate ",
                x.sizes(), " of ", heads, " heads by ", c.sizes());
    TORCH_CHECK(of(positions).numel() == x.size(0) && of(sin).sizes() == c.sizes(), "rotate ", x.sizes(), " at ",
                of(positions).sizes(), " by ", c.sizes(), " and ", of(sin).sizes());
    if (ours(x) && plain(c) && plain(of(sin))) {
      check_positions(of(positions), c.size(0));
      return void(*out = hand(Rotate::apply(x, c, of(sin), of(positions), static_cast<int64_t>(heads))));
    }
    const Tensor split = x.reshape({x.size(0), heads, x.size(1) / heads});
    *out = hand(rotate(split, c, of(sin), of(positions)).view(x.sizes()));
  });
}

} // extern "C"
