"""Computes the layers of package nn with PyTorch and transformers: layers.safetensors.

    python plugins/internal/numerics/nn/testdata/make_layers.py

Made with torch 2.8.0 and transformers 4.57.1, seed 1, one thread. Each case holds its inputs, its output y and, where one
is named dx, the gradient of sum(y * dy) with respect to the input x. Sequences lie packed, one after another.
"""

import pathlib

import torch
import transformers
from safetensors.torch import save_file
from transformers.activations import ACT2FN
from transformers.models.llama.modeling_llama import LlamaRMSNorm, LlamaRotaryEmbedding, apply_rotary_pos_emb, repeat_kv
from transformers.models.t5.modeling_t5 import T5Attention, T5LayerNorm

torch.manual_seed(1)
torch.set_num_threads(1)
saved = {}


def keep(case, **tensors):
    for name, t in tensors.items():
        saved[f"{case}.{name}"] = t.detach().clone().contiguous()


def learn(*shape, scale=1.0):
    return (torch.randn(*shape) * scale).requires_grad_()


def check(case, y, **leaves):
    """Keeps the output, a gradient from above and the gradients of the leaves."""
    dy = torch.randn_like(y)
    grads = torch.autograd.grad(y, list(leaves.values()), dy)
    keep(case, y=y, dy=dy, **leaves, **{"d" + n: g for n, g in zip(leaves, grads)})


def norms():
    for case, layer in (("rms_llama", LlamaRMSNorm), ("rms_t5", T5LayerNorm)):
        n = layer(24, eps=1e-5)
        n.weight.data = torch.randn(24)
        x = learn(7, 24, scale=3)
        check(case, n(x), x=x, w=n.weight)
        half = n.to(torch.bfloat16)
        keep(case + "_bf16", x=x.to(torch.bfloat16), w=half.weight, y=half(x.to(torch.bfloat16)))


SCALINGS = {
    "default": None,
    "linear": {"rope_type": "linear", "factor": 4.0},
    "dynamic": {"rope_type": "dynamic", "factor": 4.0},
    "llama3": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64},
    "yarn": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64},
    "yarn_all": {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 64, "beta_fast": 16.0, "beta_slow": 2.0, "mscale": 0.7,
                 "mscale_all_dim": 0.4, "truncate": False},
    "yarn_factor": {"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 50, "attention_factor": 0.9},
}


def rotations():
    heads, width, positions = 3, 16, 100
    for name, scaling in SCALINGS.items():
        config = transformers.LlamaConfig(hidden_size=heads * width, num_attention_heads=heads, max_position_embeddings=positions,
                                          rope_theta=10000.0, rope_scaling=scaling)
        cos, sin = LlamaRotaryEmbedding(config)(torch.zeros(1), torch.arange(positions)[None])
        keep("rope_" + name, cos=cos[0, :, : width // 2], sin=sin[0, :, : width // 2])
    places = torch.tensor([0, 1, 2, 3, 0, 1])
    config = transformers.LlamaConfig(hidden_size=heads * width, num_attention_heads=heads, max_position_embeddings=positions)
    for case, turned in (("rotate", width), ("rotate_part", 6)):
        config.head_dim = turned
        cos, sin = LlamaRotaryEmbedding(config)(torch.zeros(1), places[None])
        x = learn(len(places), heads * width)
        split = x.view(1, len(places), heads, width).transpose(1, 2)
        y, _ = apply_rotary_pos_emb(split[..., :turned], split[..., :turned], cos, sin)
        y = torch.cat([y, split[..., turned:]], -1)
        check(case, y.transpose(1, 2).reshape(len(places), heads * width), x=x)


def attend(q, k, v, bias, to, at, heads, groups, scale, causal):
    """Eager attention of one sequence after another, as LlamaAttention and T5Attention do it."""
    outs, width = [], q.shape[1] // heads
    for (a, b), (c, d) in zip(zip(to, to[1:]), zip(at, at[1:])):
        split = lambda x, lo, hi, n: x[lo:hi].view(1, hi - lo, n, width).transpose(1, 2)
        keys, values = (repeat_kv(split(x, c, d, groups), heads // groups) for x in (k, v))
        scores = split(q, a, b, heads) @ keys.transpose(2, 3) * scale
        if bias is not None:
            scores = scores + bias(b - a, d - c)
        if causal:
            scores = scores + torch.full((b - a, d - c), float("-inf")).triu(1)
        y = torch.softmax(scores, -1) @ values
        outs.append(y.transpose(1, 2).reshape(b - a, heads * width))
    return torch.cat(outs)


def t5_bias(decoder):
    config = transformers.T5Config(num_heads=4, d_model=16, d_kv=4, relative_attention_num_buckets=8, relative_attention_max_distance=20,
                                   is_decoder=decoder)
    layer = T5Attention(config, has_relative_attention_bias=True, layer_idx=0)
    layer.relative_attention_bias.weight.data = torch.randn(8, 4)
    return layer


def attentions():
    to, other = [0, 1, 8, 75, 80], [0, 66, 70, 71, 90]
    for case, groups, at, causal, decoder in (
        ("attend_grouped", 2, to, True, None), ("attend_all", 4, to, False, None), ("attend_cross", 4, other, False, None),
        ("attend_one_group", 1, other, False, None), ("attend_encoder", 4, to, False, False), ("attend_decoder", 4, to, True, True)):
        q, k, v = learn(to[-1], 16), learn(at[-1], groups * 4), learn(at[-1], groups * 4)
        bias, leaves = None, dict(q=q, k=k, v=v)
        if decoder is not None:
            layer = t5_bias(decoder)
            bias, leaves["table"] = layer.compute_bias, layer.relative_attention_bias.weight
        check(case, attend(q, k, v, bias, to, at, 4, groups, 0.35, causal), **leaves)


def buckets():
    distance = torch.arange(-1200, 1201)
    for case, both, n, most in (("both", True, 32, 128), ("one", False, 32, 128), ("small", True, 8, 20), ("odd", False, 10, 77), ("long", True, 64, 2000)):
        keep("bucket_" + case, y=T5Attention._relative_position_bucket(distance, both, n, most).float())


def activations():
    for name in ("gelu_new", "gelu", "relu", "silu", "tanh", "gelu_pytorch_tanh"):
        x, up = learn(9, 40, scale=3), learn(9, 40)
        check("act_" + name, ACT2FN[name](x), x=x)
        check("gate_" + name, ACT2FN[name](x) * up, x=x, up=up)


norms(), rotations(), attentions(), buckets(), activations()
path = pathlib.Path(__file__).with_name("layers.safetensors")
save_file(saved, path, {"torch": torch.__version__, "transformers": transformers.__version__, "seed": "1"})
path.chmod(0o644)
