"""What a fixture of a neural recommender needs in plain Python: the random streams of
plugins/internal/neural (draws.go), and the fixture's form (steps.go)."""
import json
import math

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix64(z):
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
    return z ^ z >> 31


def mix_seed(seed, *keys):
    for key in keys:
        seed = mix64(((seed ^ key * 0xD1342543DE82EF95 & MASK) + GOLDEN) & MASK)
    return seed


class Draws:
    def __init__(self, seed, *keys):
        self.seed, self.drawn = mix_seed(seed, *keys), 0

    def uint64(self):
        self.drawn += 1
        return mix64((self.seed + self.drawn * GOLDEN) & MASK)

    def uniform(self):
        return (self.uint64() >> 11) * 2.0**-53

    def below(self, n):
        return int(self.uniform() * n)

    def normal(self):
        u, v = self.uniform(), self.uniform()
        return math.sqrt(-2 * math.log1p(-u)) * math.cos(2 * math.pi * v)

    def order(self, n):
        order = list(range(n))
        for i in range(n - 1, 0, -1):
            j = self.below(i + 1)
            order[i], order[j] = order[j], order[i]
        return order


def batches(seed, phase, examples, batch):
    """The batches of a phase of an epoch, each with the stream of its step."""
    order = Draws(seed, phase).order(examples)
    for step, at in enumerate(range(0, examples, batch), 1):
        yield order[at : at + batch], Draws(seed, phase, step)


def rows_of(seed, users, items, least, most):
    """Small histories: distinct items in a random order; the last user has none."""
    d = Draws(seed, 99)
    return [d.order(items)[: least + d.below(most - least + 1)] for _ in range(users - 1)] + [[]]


def floats(x):
    return [float(f"{v:.9g}") for v in x.detach().reshape(-1).tolist()]


def sparse_adam(state, table, rate, beta1=0.9, beta2=0.999, eps=1e-8, rows=None):
    """A step of torch.optim.SparseAdam on the rows that were looked up, by default those with
    a gradient (dense in table.grad, no row of which is all zeros by accident); state holds m,
    v [rows, K] and t."""
    import torch

    if table.grad is None:
        return
    with torch.no_grad():
        rows = table.grad.abs().sum(1).nonzero()[:, 0] if rows is None else torch.tensor(sorted(rows))
        g = table.grad[rows]
        state["t"] += 1
        state["m"][rows] = beta1 * state["m"][rows] + (1 - beta1) * g
        state["v"][rows] = beta2 * state["v"][rows] + (1 - beta2) * g * g
        below = (state["v"][rows] / (1 - beta2 ** state["t"])).sqrt() + eps
        table[rows] -= rate / (1 - beta1 ** state["t"]) * state["m"][rows] / below
        table.grad = None


def write(path, about, fixture):
    with open(path, "w") as f:
        json.dump({"about": about, **fixture}, f)
        f.write("\n")
