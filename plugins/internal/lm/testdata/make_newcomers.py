"""Writes newcomers_*.json and newcomers_*.safetensors: how newcomers.py serves them on a small random model of each backbone.

    python plugins/internal/lm/testdata/make_newcomers.py

README.md explains the format.
"""

import dataclasses
import json

import torch
import transformers

import models
from make_plusr import FOLDERS, WIDTH, first_leaves
from make_steps import HERE, ITEMS, SEED, USERS, Texts
from method import Document
from newcomers import fitted, served
from plusr import plusr

FURTHER = 2
KNOWN = {"users": [0, 2, 3], "items": [0, 1, 2, 4, 5, 7], "content_items": [1, 2, 3, 4, 6]}


def documents(texts):
    """Of the two further users and of one whom training knows; their histories hold new items too."""
    def item(j):
        return texts.words + USERS + FURTHER + j
    def ask(user, history, targets):
        return Document([texts.words + user] + texts.text(3) + [item(j) for j in history] + texts.text(4), [], targets)
    return [ask(USERS, [3, 1], [8, 4]), ask(USERS + 1, [6, 0, 8], [2]), ask(2, [5], [3, 7])]


def measure(backbone, folder, docs, leaves, features, content, start, spec, dtype):
    model = models.load(backbone, folder, dtype)
    leaves, content = ({k: v.to(dtype) for k, v in x.items()} for x in (leaves, content))
    with models.precision(dtype):
        engine, tower = plusr(backbone, model), served(leaves, features.to(dtype), content, KNOWN, start, FURTHER)
        def logits(tower):
            with torch.no_grad():
                return torch.stack([engine.item_logits(d, tower) for d in docs])
        before = logits(tower)
        trained, log = fitted(engine, docs, tower, spec)
        return {"item_logits": before, "fitted_logits": logits(trained), "first_user": tower.user, "final_user": trained.user}, log


def make(backbone, folder):
    generator = torch.Generator().manual_seed(SEED)
    config = transformers.AutoConfig.from_pretrained(models.BACKBONES / backbone / "testdata" / folder)
    texts, std = Texts(config.vocab_size, generator), 1.0 if backbone == "t5" else 0.4
    leaves = first_leaves(config.hidden_size, generator, std)
    features = torch.randn(ITEMS, WIDTH, generator=generator)
    content = {k: std * torch.randn(n, config.hidden_size, generator=generator) for k, n in (("user", USERS), ("item", ITEMS))}
    arrays = {f"{folder}/collaborative/{k}": v for k, v in leaves.items()} | {f"{folder}/features": features}
    arrays |= {f"{folder}/content/{k}": v for k, v in content.items()}
    spec = dict(objective="multinomial", reduction="batch_sum", predict_first=True, rate=1e-2, batch=3, epochs=10,
                priors=[dict(toward="", coefficient=0.05, reduction="batch_sum", targets=False)])
    docs, cases = documents(texts), []
    for start in ("map", "tower"):
        name = f"{folder}-newcomers-{start}"
        exact, log = measure(backbone, folder, docs, leaves, features, content, start, spec, torch.float64)
        found, _ = measure(backbone, folder, docs, leaves, features, content, start, spec, torch.float32)
        arrays |= {f"{name}/{k}": v for k, v in exact.items()}
        cases.append({"name": name, "backbone": backbone, "folder": folder, "tower": "collaborative", **spec, "start": start, "item_bias": True,
                      "documents": [dataclasses.asdict(d) for d in docs], "log": log,
                      "float32_pytorch_distance": {k: models.distance(found[k], exact[k]) for k in exact}})
    head = {"made_with": models.versions(SEED), "users": USERS, "items": ITEMS, "width": WIDTH, "further": FURTHER, "known": KNOWN}
    (HERE / f"newcomers_{backbone}.json").write_text(json.dumps(head | {"cases": cases}, indent=1) + "\n")
    models.save_arrays(models.stored(arrays), HERE / f"newcomers_{backbone}.safetensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for backbone, folder in FOLDERS.items():
        make(backbone, folder)
