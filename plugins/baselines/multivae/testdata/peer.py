"""Seconds of an epoch of Multi-VAE in plain PyTorch, with dense rows as RecBole's: pairs users items
threads hidden latent batch."""
import os
import sys

import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../internal/neural/neuraltest"))
import peer  # noqa: E402

rows, items = peer.rows()
hidden, latent, batch = peer.arguments()
encoder = nn.Sequential(nn.Linear(items, hidden), nn.Tanh(), nn.Linear(hidden, 2 * latent))
decoder = nn.Sequential(nn.Linear(latent, hidden), nn.Tanh(), nn.Linear(hidden, items))


def loss(users):
    x = torch.zeros(len(users), items)
    for i, row in enumerate(users):
        x[i, torch.from_numpy(row).long()] = 1
    mean, logvar = encoder(F.dropout(F.normalize(x), 0.5)).chunk(2, 1)
    logits = decoder(mean + torch.exp(logvar / 2) * torch.randn_like(mean))
    kl = -0.5 * (1 + logvar - mean**2 - logvar.exp()).sum(1).mean()
    return 0.2 * kl - (F.log_softmax(logits, 1) * x).sum(1).mean()


peer.measure(nn.ModuleList([encoder, decoder]), loss, [row for row in rows if len(row)], batch)
