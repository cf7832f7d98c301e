"""Seconds of an epoch of SASRec with full cross-entropy in plain PyTorch, with sequences padded to the
longest of their batch: pairs users items threads dim blocks heads length batch."""
import os
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../internal/neural/neuraltest"))
import peer  # noqa: E402

rows, items = peer.rows()
dim, blocks, heads, length, batch = peer.arguments()


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim, bias=False), nn.Linear(dim, dim)
        self.up, self.down = nn.Linear(dim, dim), nn.Linear(dim, dim)

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(b, n, 3, heads, dim // heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=0.5)
        x = x + F.dropout(self.out(y.transpose(1, 2).reshape(b, n, dim)), 0.5)
        return x + F.dropout(self.down(F.dropout(F.relu(self.up(self.norm2(x))), 0.5)), 0.5)


class SASRec(nn.Module):
    def __init__(self):
        super().__init__()
        self.items, self.positions = nn.Embedding(items, dim), nn.Embedding(length, dim)
        self.blocks, self.norm = nn.ModuleList([Block() for _ in range(blocks)]), nn.LayerNorm(dim)

    def forward(self, x):
        x = F.dropout(self.items(x) + self.positions.weight[: x.shape[1]], 0.5)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


model = SASRec()


def loss(users):
    users = [row[-(length + 1) :] for row in users]
    n = max(len(row) for row in users) - 1
    read, next_ = np.zeros((len(users), n), dtype=np.int64), np.full((len(users), n), -1, dtype=np.int64)
    for i, row in enumerate(users):
        read[i, : len(row) - 1], next_[i, : len(row) - 1] = row[:-1], row[1:]
    read, next_ = torch.from_numpy(read), torch.from_numpy(next_)
    known = next_ >= 0
    return F.cross_entropy(model(read)[known] @ model.items.weight.T, next_[known])


peer.measure(model, loss, [row for row in rows if len(row) > 1], batch)
