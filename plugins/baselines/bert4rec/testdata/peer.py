"""Seconds of an epoch of BERT4Rec in plain PyTorch, with sequences padded to the longest of their
batch: pairs users items threads dim blocks heads length batch, a fifth of the items masked."""
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
        self.up, self.down = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

    def forward(self, x, mask):
        b, n, _ = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, heads, dim // heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=0.1)
        x = self.norm1(x + F.dropout(self.out(y.transpose(1, 2).reshape(b, n, dim)), 0.1))
        return self.norm2(x + F.dropout(self.down(F.dropout(F.gelu(self.up(x)), 0.1)), 0.1))


class BERT4Rec(nn.Module):
    def __init__(self):
        super().__init__()
        self.items, self.positions = nn.Embedding(items + 1, dim), nn.Embedding(length, dim)
        self.blocks = nn.ModuleList([Block() for _ in range(blocks)])
        self.head, self.bias = nn.Linear(dim, dim), nn.Parameter(torch.zeros(items))

    def forward(self, x, mask, wanted):
        x = F.dropout(self.items(x) + self.positions.weight[: x.shape[1]], 0.1)
        for block in self.blocks:
            x = block(x, mask)
        return F.gelu(self.head(x[wanted])) @ self.items.weight[:items].T + self.bias


model = BERT4Rec()


def loss(users):
    users = [row[-length:] for row in users]
    n = max(map(len, users))
    x, there = np.zeros((len(users), n), dtype=np.int64), np.zeros((len(users), n), dtype=bool)
    for i, row in enumerate(users):
        x[i, : len(row)], there[i, : len(row)] = row, True
    x, there = torch.from_numpy(x), torch.from_numpy(there)
    wanted = there & (torch.rand(x.shape) < 0.2)
    wanted[torch.arange(len(users)), there.sum(1) - 1] |= ~wanted.any(1)
    return F.cross_entropy(model(torch.where(wanted, items, x), there[:, None, None], wanted), x[wanted])


peer.measure(model, loss, [row for row in rows if len(row) > 1], batch)
