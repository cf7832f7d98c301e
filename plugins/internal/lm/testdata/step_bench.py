"""Times the method's three steps in plain PyTorch: the peer of this project's own benchmark.

    python plugins/internal/lm/testdata/step_bench.py [--threads 2] [--shapes tiny,gpt2-small] [--dropout 0.1] [--repeats 0]

Written as a researcher would with transformers: frozen GPT2Model(inputs_embeds), soft tokens as two nn.Embedding, fused
attention, padded batches of 8 x 128 tokens, cross-entropy at the main tokens only, the prior toward a second tower, dense
Adam on both tables. Random weights and ids, float32, seed 1. Prints one JSON object; times are seconds per whole step
(forward, backward, Adam), the median of the repeats after one warm-up. Read them beside load_average: on a busy machine
the threads of PyTorch wait for each other.
"""

import argparse
import json
import os
import platform
import statistics
import time

import torch
import transformers
from torch.nn.functional import cross_entropy, log_softmax

SHAPES = {
    "gpt2-small": dict(n_layer=12, n_embd=768, n_head=12, vocab_size=50257, n_positions=1024, users=10553, items=6086, repeats=3),
    "tiny": dict(n_layer=4, n_embd=128, n_head=4, vocab_size=2048, n_positions=256, users=2000, items=1000, repeats=20),
}
BATCH, LENGTH, TARGETS, LAMBDA_C, RATE = 8, 128, 4, 1.0, 1e-3


class Soft(torch.nn.Module):
    """A tower: user and item token embeddings beside the frozen words."""

    def __init__(self, words, users, items):
        super().__init__()
        self.words = words
        self.user = torch.nn.Embedding(users, words.embedding_dim)
        self.item = torch.nn.Embedding(items, words.embedding_dim)
        for table in (self.user, self.item):
            torch.nn.init.normal_(table.weight, std=0.02)

    def forward(self, ids):
        first_user, first_item = self.words.num_embeddings, self.words.num_embeddings + self.user.num_embeddings
        z = self.words(ids.clamp(max=first_user - 1))
        is_user, is_item = (ids >= first_user) & (ids < first_item), ids >= first_item
        z = torch.where(is_user[..., None], self.user((ids - first_user).clamp(0, self.user.num_embeddings - 1)), z)
        return torch.where(is_item[..., None], self.item((ids - first_item).clamp(min=0)), z)


class Bench:
    def __init__(self, shape, dropout):
        self.shape = shape
        sizes = {k: shape[k] for k in ("n_layer", "n_embd", "n_head", "vocab_size", "n_positions")}
        config = transformers.GPT2Config(**sizes, embd_pdrop=dropout, attn_pdrop=dropout, resid_pdrop=dropout, use_cache=False)
        self.gpt2 = transformers.GPT2Model(config).requires_grad_(False).train()
        self.tower, self.other = (Soft(self.gpt2.wte, shape["users"], shape["items"]) for _ in range(2))
        self.other.requires_grad_(False)
        self.adam = torch.optim.Adam([self.tower.user.weight, self.tower.item.weight], lr=RATE)

    def users(self):
        return self.shape["vocab_size"] + torch.randint(self.shape["users"], (BATCH, 1))

    def items(self, n):
        return self.shape["vocab_size"] + self.shape["users"] + torch.randint(self.shape["items"], (BATCH, n))

    def text(self, n):
        return torch.randint(self.shape["vocab_size"], (BATCH, n))

    def hidden(self, ids):
        return self.gpt2(inputs_embeds=self.tower(ids)).last_hidden_state

    def prior(self, ids):
        """lambda_c/2 (1/B) sum over soft tokens of |z - ^z|^2; words are equal in both towers."""
        return LAMBDA_C / 2 * (self.tower(ids) - self.other(ids)).square().sum() / BATCH

    def language(self, prompt, main, head, first):
        ids = torch.cat([prompt, main], 1)
        before = self.hidden(ids)[:, prompt.shape[1] - 1:-1]
        loss = cross_entropy((before @ head.weight.T).flatten(0, 1), (main - first).flatten(), reduction="sum") / BATCH
        return loss + self.prior(ids)

    def collaborative(self):
        prompt = torch.cat([self.users(), self.text(3)], 1)
        first = self.shape["vocab_size"] + self.shape["users"]
        return self.language(prompt, self.items(LENGTH - 4), self.tower.item, first)

    def content(self):
        prompt = torch.cat([self.users(), self.text(5), self.items(1), self.text(1)], 1)
        return self.language(prompt, self.text(LENGTH - 8), self.tower.words, 0)

    def finetuning(self):
        ids = torch.cat([self.users(), self.text(3), self.items(LENGTH - 8), self.text(4)], 1)
        logits = self.hidden(ids)[:, -1] @ self.tower.item.weight.T
        targets = torch.randint(self.shape["items"], (BATCH, TARGETS))
        return -log_softmax(logits, -1).gather(1, targets).sum() / BATCH + self.prior(ids)

    def seconds(self, loss):
        start = time.perf_counter()
        self.adam.zero_grad()
        loss().backward()
        self.adam.step()
        return time.perf_counter() - start


def matmul_gflops(n=2048, repeats=7):
    """The machine's own rate: the best of a few float32 matrix products."""
    a, b = torch.randn(n, n), torch.randn(n, n)
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        torch.mm(a, b)
        times.append(time.perf_counter() - start)
    return 2 * n**3 / min(times) / 1e9


def measure(name, dropout, repeats):
    bench, rows = Bench(SHAPES[name], dropout), []
    for step in ("collaborative", "content", "finetuning"):
        loss = getattr(bench, step)
        bench.seconds(loss)
        times = [bench.seconds(loss) for _ in range(repeats or SHAPES[name]["repeats"])]
        rows.append({"shape": name, "step": step, "median_s": statistics.median(times), "min_s": min(times),
                     "repeats": len(times), "tokens": BATCH * LENGTH})
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--shapes", default="tiny,gpt2-small")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--repeats", type=int, default=0, help="0: each shape's own")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    rows = [row for name in options.shapes.split(",") for row in measure(name, options.dropout, options.repeats)]
    print(json.dumps({"python": platform.python_version(), "torch": torch.__version__, "transformers": transformers.__version__,
                      "threads": options.threads, "dropout": options.dropout, "matmul_gflops": matmul_gflops(),
                      "load_average": os.getloadavg()[0], "shapes": SHAPES, "steps": rows}, indent=1))


if __name__ == "__main__":
    main()
