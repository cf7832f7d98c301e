"""Writes plusr_*.json and plusr_*.safetensors: ten reference steps of plusr.py on a small random model of each backbone.

    python plugins/internal/lm/testdata/make_plusr.py

README.md explains the format.
"""

import dataclasses
import json

import torch
import transformers

import models
from make_steps import HERE, ITEMS, SEED, USERS, Texts
from plusr import Asked, Mapped, plusr

WIDTH = 5  # G
FOLDERS = {"gpt2": "small-b", "t5": "small-b", "llama": "small-b"}


def documents(texts, objective):
    """Three documents; those of the multinomial objective exclude the items of their prompts and one more."""
    if objective == "next_item":
        return [Asked(**dataclasses.asdict(d)) for d in (texts.collaborative(6), texts.collaborative(1), texts.collaborative(3))]
    docs = []
    for d in (texts.finetuning(5, 2), texts.finetuning(1, 3), texts.finetuning(2, 1)):
        first_item = texts.words + USERS
        seen = sorted({t - first_item for t in d.prompt if t >= first_item} | ({8} - set(d.targets)))
        docs.append(Asked(d.prompt, d.main, d.targets, seen))
    return docs


def first_leaves(width, generator, std):
    def table(rows, columns, scale):
        return scale * torch.randn(rows, columns, generator=generator)
    return {"user": table(USERS, width, std), "item": table(ITEMS, width, 0.3 * std), "bias": table(ITEMS, 1, 0.2),
            "map.item": table(width, WIDTH, std)}


def measure(backbone, folder, docs, leaves, features, spec, dtype, engine_of=plusr):
    model = models.load(backbone, folder, dtype)
    leaves, features = {k: v.to(dtype) for k, v in leaves.items()}, features.to(dtype)
    with models.precision(dtype):
        engine = engine_of(backbone, model)
        with torch.no_grad():
            logits = torch.stack([engine.item_logits(d, Mapped(leaves, features)) for d in docs])
        trained, gradients, log = engine.steps(docs, leaves, features, spec)
    arrays = {"item_logits": logits, "mean_logits": logits[:2].mean(0, keepdim=True)}
    arrays |= {f"grad_{k}": v for k, v in gradients.items()} | {f"final_{k}": v for k, v in trained.items()}
    return arrays, log


def make(backbone, folder):
    generator = torch.Generator().manual_seed(SEED)
    config = transformers.AutoConfig.from_pretrained(models.BACKBONES / backbone / "testdata" / folder)
    texts = Texts(config.vocab_size, generator, 2 if backbone == "t5" else 1)
    leaves = first_leaves(config.hidden_size, generator, 1.0 if backbone == "t5" else 0.4)
    features = torch.randn(ITEMS, WIDTH, generator=generator)
    arrays = {f"{folder}/collaborative/{k}": v for k, v in leaves.items()} | {f"{folder}/features": features}
    cases = []
    for objective in ("multinomial", "next_item"):
        spec = dict(objective=objective, reduction="example_mean", predict_first=True, rate=1e-3, batch=2, epochs=5,
                    priors=[dict(toward="", coefficient=0.35, reduction="example_mean", targets=True, residual=True)])
        docs, name = documents(texts, objective), f"{folder}-plusr-{objective}-ten-steps"
        exact, log = measure(backbone, folder, docs, leaves, features, spec, torch.float64)
        found, _ = measure(backbone, folder, docs, leaves, features, spec, torch.float32)
        arrays |= {f"{name}/{k}": v for k, v in exact.items()}
        far = {k: models.distance(found[k], exact[k]) for k in exact}
        cases.append({"name": name, "backbone": backbone, "folder": folder, "tower": "collaborative", **spec, "item_bias": True,
                      "documents": [dataclasses.asdict(d) for d in docs], "log": log, "float32_pytorch_distance": far})
    head = {"made_with": models.versions(SEED), "users": USERS, "items": ITEMS, "width": WIDTH}
    (HERE / f"plusr_{backbone}.json").write_text(json.dumps(head | {"cases": cases}, indent=1) + "\n")
    models.save_arrays(models.stored(arrays), HERE / f"plusr_{backbone}.safetensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for backbone, folder in FOLDERS.items():
        make(backbone, folder)
