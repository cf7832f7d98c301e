#include "glue_common.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <atomic>
#include <vector>

using namespace glue;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

namespace {

// OpenBLAS would start threads of its own under each of ours.
struct SerialBlas {
  SerialBlas() { blas_threads(1); }
  ~SerialBlas() { blas_threads(at::get_num_threads()); }
};

// Sequences that lie one after another, and the heads that look at them.
struct Plan {
  std::vector<int64_t> to, from; // queries of sequence i are rows to[i]..to[i+1]; keys from[i]..from[i+1]
  int64_t heads, groups, width;
  double scale, rate;
  int64_t seed, first; // of dropout
  bool causal;
  int64_t longest = 0, reach = 0; // keys of one sequence; queries or keys

  Plan(const Tensor &to_, const Tensor &from_, const glue_attention &a, int64_t width_)
      : to(list(to_)), from(list(from_)), heads(a.heads), groups(a.groups), width(width_), scale(a.scale),
        rate(a.drop.rate), seed(static_cast<int64_t>(a.drop.seed)), first(a.drop.first), causal(a.causal != 0) {
    for (int64_t i = 0; i < sequences(); i++) {
      longest = std::max(longest, keys(i));
      reach = std::max({reach, queries(i), keys(i)});
    }
  }

  static std::vector<int64_t> list(const Tensor &t) {
    return {t.data_ptr<int64_t>(), t.data_ptr<int64_t>() + t.numel()};
  }
  int64_t sequences() const { return static_cast<int64_t>(to.size()) - 1; }
  int64_t queries(int64_t i) const { return to[i + 1] - to[i]; }
  int64_t keys(int64_t i) const { return from[i + 1] - from[i]; }
  int64_t work() const { // multiplications of one product, about
    int64_t n = 0;
    for (int64_t i = 0; i < sequences(); i++) n += queries(i) * keys(i);
    return n * heads * width;
  }
  kernels::Stream stream(int64_t sequence, int64_t head) const {
    return kernels::stream(static_cast<uint64_t>(seed), static_cast<uint64_t>((first + sequence) * heads + head), rate);
  }

  // Calls f(sequence, group, scratch); hands tasks to threads as they become
  // free, for sequences differ in length. A task is all heads of one group: they
  // add to the same gradient, always in the same order.
  template <typename F> void each(int64_t buffers, F f) const {
    const SerialBlas serial;
    std::atomic<int64_t> next{0};
    const int64_t tasks = sequences() * groups;
    const int64_t wanted = std::min(tasks, 1 + work() / 500000); // waking a thread costs some 10 us
    const int64_t threads = std::min<int64_t>(at::get_num_threads(), wanted);
    at::parallel_for(0, threads, 1, [&](int64_t a, int64_t b) {
      std::vector<float> scratch(static_cast<size_t>(buffers * kernels::kRows * longest));
      for (int64_t t = a; t < b; t++)
        for (int64_t task; (task = next++) < tasks;) f(task / groups, task % groups, scratch.data());
    });
  }
};

// Where the arrays lie. Row strides in floats: qs of q, ks of k and v.
struct Arrays {
  const float *q, *k, *v, *bias; // bias [heads, 2 reach - 1] or null
  float *out, *lse;              // [S, heads width], [heads, S]
  int64_t qs, ks;

  kernels::Head head(const Plan &p, int64_t i, int64_t h) const {
    const int64_t row = p.to[i], key = p.from[i] * ks + h / (p.heads / p.groups) * p.width, wide = p.heads * p.width;
    kernels::Head head{};
    head.q = q + row * qs + h * p.width;
    head.k = k + key;
    head.v = v + key;
    head.bias = bias == nullptr ? nullptr : bias + h * (2 * p.reach - 1) + p.reach - 1;
    head.out = out + row * wide + h * p.width;
    head.lse = lse + h * p.to.back() + row;
    head.queries = static_cast<int>(p.queries(i));
    head.keys = static_cast<int>(p.keys(i));
    head.width = static_cast<int>(p.width);
    head.qs = static_cast<int>(qs);
    head.ks = static_cast<int>(ks);
    head.wide = static_cast<int>(wide);
    head.scale = static_cast<float>(p.scale);
    head.causal = p.causal;
    head.dropping = p.rate > 0;
    head.drop = p.stream(i, h);
    return head;
  }
};

void forward(const Plan &p, const Arrays &a) {
  p.each(1, [&](int64_t i, int64_t group, float *scratch) {
    const int64_t share = p.heads / p.groups;
    for (int64_t h = group * share; h < (group + 1) * share; h++)
      kernels::attention_forward(sgemm(), a.head(p, i, h), scratch);
  });
}

// dq, dk, dv lie as q, k, v do; dbias is [sequences, heads, 2 reach - 1] or null.
void backward(const Plan &p, const Arrays &a, const float *dout, float *dq, float *dk, float *dv, float *dbias) {
  p.each(2, [&](int64_t i, int64_t group, float *scratch) {
    const int64_t share = p.heads / p.groups, reach = 2 * p.reach - 1;
    for (int64_t h = group * share; h < (group + 1) * share; h++) {
      const kernels::Head head = a.head(p, i, h);
      kernels::HeadGrad g{};
      g.dq = dq + (head.q - a.q);
      g.dk = dk + (head.k - a.k);
      g.dv = dv + (head.v - a.v);
      g.dout = dout + (head.out - a.out);
      g.dbias = dbias == nullptr ? nullptr : dbias + (i * p.heads + h) * reach + p.reach - 1;
      g.more = h > group * share;
      kernels::attention_backward(sgemm(), head, g, scratch);
    }
  });
}

void keep(AutogradContext *ctx, const glue_attention &a) {
  auto &data = ctx->saved_data;
  data["heads"] = static_cast<int64_t>(a.heads);
  data["groups"] = static_cast<int64_t>(a.groups);
  data["scale"] = a.scale;
  data["causal"] = a.causal != 0;
  data["rate"] = a.drop.rate;
  data["seed"] = static_cast<int64_t>(a.drop.seed);
  data["first"] = a.drop.first;
}

glue_attention kept(AutogradContext *ctx) {
  auto &data = ctx->saved_data;
  return {static_cast<int>(data["heads"].toInt()),
          static_cast<int>(data["groups"].toInt()),
          data["scale"].toDouble(),
          data["causal"].toBool(),
          {data["rate"].toDouble(), static_cast<uint64_t>(data["seed"].toInt()), data["first"].toInt()}};
}

// Causal self-attention; queries, keys and values side by side in qkv [S, 3K].
struct FusedAttention : torch::autograd::Function<FusedAttention> {
  static Arrays arrays(const Tensor &qkv, const Tensor &out, const Tensor &lse) {
    const float *in = qkv.data_ptr<float>();
    const int64_t k = qkv.size(1) / 3;
    return {in, in + k, in + 2 * k, nullptr, out.data_ptr<float>(), lse.data_ptr<float>(), 3 * k, 3 * k};
  }
  static Tensor forward(AutogradContext *ctx, const Tensor &qkv_, const Tensor &starts, glue_attention how) {
    const Tensor qkv = qkv_.contiguous();
    const int64_t rows = qkv.size(0), k = qkv.size(1) / 3;
    const Tensor out = at::empty({rows, k}, qkv.options()), lse = at::empty({how.heads, rows}, qkv.options());
    ::forward(Plan(starts, starts, how, k / how.heads), arrays(qkv, out, lse));
    ctx->save_for_backward({qkv, starts, out, lse});
    keep(ctx, how);
    return out;
  }
  static tensor_list backward(AutogradContext *ctx, tensor_list grads) {
    const auto saved = ctx->get_saved_variables();
    const glue_attention how = kept(ctx);
    const Tensor dout = grads[0].contiguous(), dqkv = at::empty_like(saved[0]);
    const int64_t k = dqkv.size(1) / 3;
    float *d = dqkv.data_ptr<float>();
    ::backward(Plan(saved[1], saved[1], how, k / how.heads), arrays(saved[0], saved[2], saved[3]),
               dout.data_ptr<float>(), d, d + k, d + 2 * k, nullptr);
    return {dqkv, Tensor(), Tensor()};
  }
};

// Queries q [S, H D] of some sequences, keys and values k, v [T, G D] of others.
// A bias without elements is none: an undefined tensor may not be an argument.
struct PackedAttention : torch::autograd::Function<PackedAttention> {
  static Arrays arrays(const Tensor &q, const Tensor &k, const Tensor &v, const Tensor &bias, const Tensor &out,
                       const Tensor &lse) {
    return {q.data_ptr<float>(),   k.data_ptr<float>(),   v.data_ptr<float>(), bias.numel() > 0 ? bias.data_ptr<float>() : nullptr,
            out.data_ptr<float>(), lse.data_ptr<float>(), q.size(1),           k.size(1)};
  }
  static Tensor forward(AutogradContext *ctx, const Tensor &q_, const Tensor &k_, const Tensor &v_, const Tensor &bias_,
                        const Tensor &to, const Tensor &from, glue_attention how) {
    const Tensor q = q_.contiguous(), k = k_.contiguous(), v = v_.contiguous();
    const Tensor bias = bias_.contiguous();
    const Tensor out = at::empty_like(q), lse = at::empty({how.heads, q.size(0)}, q.options());
    ::forward(Plan(to, from, how, q.size(1) / how.heads), arrays(q, k, v, bias, out, lse));
    ctx->save_for_backward({q, k, v, bias, to, from, out, lse});
    ctx->saved_data["learn"] = bias_.numel() > 0 && bias_.requires_grad();
    keep(ctx, how);
    return out;
  }
  static tensor_list backward(AutogradContext *ctx, tensor_list grads) {
    const auto saved = ctx->get_saved_variables();
    const Tensor &q = saved[0], &k = saved[1], &v = saved[2], &bias = saved[3];
    const glue_attention how = kept(ctx);
    const Plan plan(saved[4], saved[5], how, q.size(1) / how.heads);
    const Tensor dout = grads[0].contiguous();
    const Tensor dq = at::empty_like(q), dk = at::empty_like(k), dv = at::empty_like(v);
    Tensor dbias;
    if (ctx->saved_data["learn"].toBool())
      dbias = at::zeros({plan.sequences(), plan.heads, 2 * plan.reach - 1}, q.options());
    ::backward(plan, arrays(q, k, v, bias, saved[6], saved[7]), dout.data_ptr<float>(), dq.data_ptr<float>(),
               dk.data_ptr<float>(), dv.data_ptr<float>(), dbias.defined() ? dbias.data_ptr<float>() : nullptr);
    return {dq, dk, dv, dbias.defined() ? dbias.sum(0) : dbias, Tensor(), Tensor(), Tensor()};
  }
};

void check(const Tensor &q, const Tensor &k, const Tensor &v, const int64_t *to, const int64_t *from, int sequences,
           const glue_attention &a) {
  TORCH_CHECK(q.device().is_cpu() && sgemm() != nullptr, "packed attention is for a CPU with BLAS");
  TORCH_CHECK(a.heads > 0 && a.groups > 0 && a.heads % a.groups == 0, "attention: ", a.heads, " heads, ", a.groups, " groups");
  TORCH_CHECK(q.dim() == 2 && k.dim() == 2 && k.sizes() == v.sizes() && q.size(1) % a.heads == 0 &&
                  q.size(1) / a.heads * a.groups == k.size(1),
              "attention: q ", q.sizes(), ", k ", k.sizes(), ", v ", v.sizes());
  TORCH_CHECK(to[0] == 0 && from[0] == 0 && to[sequences] == q.size(0) && from[sequences] == k.size(0),
              "attention: sequences end at ", to[sequences], " and ", from[sequences]);
  for (int i = 0; i < sequences; i++)
    TORCH_CHECK(to[i] <= to[i + 1] && from[i] <= from[i + 1] &&
                    (a.causal == 0 || to[i + 1] - to[i] == from[i + 1] - from[i]),
                "attention: sequence ", i, " has ", to[i + 1] - to[i], " queries and ", from[i + 1] - from[i], " keys");
}

} // namespace

extern "C" {

glue_error glue_fused_attention(glue_tensor *out, glue_tensor qkv_, const int64_t *starts, int sequences,
                                glue_attention how) {
  return protect([&] {
    const Tensor &qkv = of(qkv_);
    TORCH_CHECK(qkv.dim() == 2 && qkv.size(1) % 3 == 0, "attention: qkv is ", qkv.sizes());
    const Tensor q = qkv.narrow(1, 0, qkv.size(1) / 3);
    check(q, q, q, starts, starts, sequences, how);
    const Tensor at = from_int64(starts, sequences + 1);
    *out = hand(FusedAttention::apply(qkv.to(at::kFloat), at, how).to(qkv.scalar_type()));
  });
}

glue_error glue_packed_attention(glue_tensor *out, glue_tensor q_, glue_tensor k_, glue_tensor v_, glue_tensor bias_,
                                 const int64_t *to, const int64_t *from, int sequences, glue_attention how) {
  return protect([&] {
    const Tensor &q = of(q_), &k = of(k_), &v = of(v_);
    check(q, k, v, to, from, sequences, how);
    Tensor bias = bias_ == nullptr ? at::empty({0}) : of(bias_);
    if (bias_ != nullptr) {
      int64_t reach = 0;
      for (int i = 0; i < sequences; i++) reach = std::max({reach, to[i + 1] - to[i], from[i + 1] - from[i]});
      TORCH_CHECK(bias.dim() == 2 && bias.size(0) == how.heads && bias.size(1) == 2 * reach - 1, "attention: bias is ",
                  bias.sizes(), ", expected [", how.heads, ", ", 2 * reach - 1, "]");
      bias = bias.to(at::kFloat);
    }
    const Tensor y = PackedAttention::apply(q.to(at::kFloat), k.to(at::kFloat), v.to(at::kFloat), bias,
                                            from_int64(to, sequences + 1), from_int64(from, sequences + 1), how);
    *out = hand(y.to(q.scalar_type()));
  });
}

glue_error glue_sdpa(glue_tensor *out, glue_tensor q, glue_tensor k, glue_tensor v, glue_tensor mask,
                     glue_attention how) {
#if GLUE_SDPA
  return protect([&] {
    if (how.drop.rate > 0) at::manual_seed(how.drop.seed); // so that the same place draws the same again
    const bool causal = how.causal != 0;
    *out = hand(mask == nullptr
                    ? at::scaled_dot_product_attention(of(q), of(k), of(v), {}, how.drop.rate, causal, how.scale)
                    : at::scaled_dot_product_attention(of(q), of(k), of(v), of(mask), how.drop.rate, causal, how.scale));
  });
#else
  (void)out, (void)q, (void)k, (void)v, (void)mask, (void)how;
  return strdup("this libtorch has no scaled_dot_product_attention");
#endif
}

} // extern "C"
