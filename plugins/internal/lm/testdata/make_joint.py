"""Writes joint_*.json and joint_*.safetensors: ten reference steps of joint.py on a small random model of each backbone.

    python plugins/internal/lm/testdata/make_joint.py

README.md explains the format.
"""

import dataclasses
import json

import torch
import transformers

import models
from joint import Shifted, joint
from make_plusr import FOLDERS, WIDTH, documents, first_leaves, measure
from make_steps import HERE, ITEMS, SEED, USERS, Texts


def shifted(docs, generator):
    """The documents with offsets of some items, of none, and of all; the last excludes nothing."""
    def values(n):
        return [round(v, 3) for v in (1.5 * torch.randn(n, generator=generator)).tolist()]
    offsets = [{"items": [8, 0, 3, 5], "values": values(4), "else": -1.25}, {}, {"items": list(range(ITEMS)), "values": values(ITEMS), "else": 0.0}]
    docs = [Shifted(d.prompt, d.main, d.targets, d.excluded, o) for d, o in zip(docs, offsets)]
    docs[2].excluded = []
    return docs


def make(backbone, folder):
    generator = torch.Generator().manual_seed(SEED)
    config = transformers.AutoConfig.from_pretrained(models.BACKBONES / backbone / "testdata" / folder)
    texts = Texts(config.vocab_size, generator, 2 if backbone == "t5" else 1)
    leaves = first_leaves(config.hidden_size, generator, 1.0 if backbone == "t5" else 0.4)
    features = torch.randn(ITEMS, WIDTH, generator=generator)
    arrays = {f"{folder}/collaborative/{k}": v for k, v in leaves.items()} | {f"{folder}/features": features}
    spec = dict(objective="multinomial", reduction="example_mean", predict_first=True, rate=1e-3, batch=2, epochs=5,
                priors=[dict(toward="", coefficient=0.35, reduction="example_mean", targets=True, residual=True)])
    docs, name = shifted(documents(texts, "multinomial"), generator), f"{folder}-joint-ten-steps"
    exact, log = measure(backbone, folder, docs, leaves, features, spec, torch.float64, joint)
    found, _ = measure(backbone, folder, docs, leaves, features, spec, torch.float32, joint)
    arrays |= {f"{name}/{k}": v for k, v in exact.items()}
    far = {k: models.distance(found[k], exact[k]) for k in exact}
    case = {"name": name, "backbone": backbone, "folder": folder, "tower": "collaborative", **spec, "item_bias": True,
            "documents": [dataclasses.asdict(d) for d in docs], "log": log, "float32_pytorch_distance": far}
    head = {"made_with": models.versions(SEED), "users": USERS, "items": ITEMS, "width": WIDTH, "cases": [case]}
    (HERE / f"joint_{backbone}.json").write_text(json.dumps(head, indent=1) + "\n")
    models.save_arrays(models.stored(arrays), HERE / f"joint_{backbone}.safetensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    for backbone, folder in FOLDERS.items():
        make(backbone, folder)
