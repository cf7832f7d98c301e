"""Transformer blocks over packed sequences in plain PyTorch, one sequence at a time, for
the fixtures of sequential recommenders (sequences.go)."""
import math

import torch


def norm(x, w, name, eps):
    x = x - x.mean(1, keepdim=True)
    return x / torch.sqrt((x * x).mean(1, keepdim=True) + eps) * w[name + ".weight"] + w[name + ".bias"]


def attend(x, w, name, heads, causal):
    q, k, v = (x @ w[name + ".qkv"]).chunk(3, dim=1)
    n, width = q.shape
    split = lambda t: t.reshape(n, heads, width // heads).transpose(0, 1)
    scores = split(q) @ split(k).transpose(1, 2) / math.sqrt(width // heads)
    if causal:
        scores = scores + torch.full((n, n), -math.inf).triu(1)
    out = (torch.softmax(scores, 2) @ split(v)).transpose(0, 1).reshape(n, width)
    return out @ w[name + ".out.weight"] + w[name + ".out.bias"]


def feed(x, w, name, activation):
    return activation(x @ w[name + ".up.weight"] + w[name + ".up.bias"]) @ w[name + ".down.weight"] + w[name + ".down.bias"]


def blocks(x, w, count, heads, causal, norm_first, activation, eps):
    for i in range(count):
        b = f"block.{i}"
        if norm_first:
            x = x + attend(norm(x, w, b + ".norm1", eps), w, b, heads, causal)
            x = x + feed(norm(x, w, b + ".norm2", eps), w, b, activation)
        else:
            x = norm(x + attend(x, w, b, heads, causal), w, b + ".norm1", eps)
            x = norm(x + feed(x, w, b, activation), w, b + ".norm2", eps)
    return norm(x, w, "block.norm", eps) if norm_first else x


def weights(tensor, count, width, inner, norm_first):
    w = {}
    for i in range(count):
        b = f"block.{i}"
        w[b + ".qkv"] = tensor(width, 3 * width)
        for part, shape in {"out": (width, width), "up": (width, inner), "down": (inner, width)}.items():
            w[f"{b}.{part}.weight"], w[f"{b}.{part}.bias"] = tensor(*shape), tensor(shape[1])
        for part in ("norm1", "norm2"):
            w[f"{b}.{part}.weight"], w[f"{b}.{part}.bias"] = tensor(width), tensor(width)
    if norm_first:
        w["block.norm.weight"], w["block.norm.bias"] = tensor(width), tensor(width)
    return w
