"""Writes extended_*.json and extended_*.safetensors: reference steps of extended.py on a small random model of each backbone.

    python plugins/internal/lm/testdata/make_extended.py

README.md explains the format.
"""

import torch
import transformers

import models
from extended import extended
from make_plusr import FOLDERS
from make_steps import HERE, SEED, Case, Files, Texts, plain, priors, random_towers
from method import Document


def mixed(texts, n):
    """A main text of items, words and a user: <user_i> ... | <item_a> words <user_k> <item_b> words."""
    a, b = texts.items(2)
    main = [texts.token(a)] + texts.text(n) + [texts.user(), texts.token(b)] + texts.text(1)
    return Document([texts.user()] + texts.text(3), main)


def cases(folder, texts):
    def docs(*lengths):
        return [mixed(texts, n) for n in lengths]
    more = dict(extended=True)
    yield Case(f"{folder}-extended-ten-steps", "collaborative", plain("next_item", 2, 5) | more, docs(4, 1, 2))
    paper = dict(objective="next_word", reduction="example_mean", predict_first=True, priors=priors("paper", "content", True), rate=1e-3, batch=3, epochs=3)
    yield Case(f"{folder}-extended-paper", "collaborative", paper | more, docs(1, 3, 2))
    code = dict(objective="next_item", reduction="token_mean", predict_first=False, priors=priors("code", "content", False), rate=1e-3, batch=3, epochs=3)
    yield Case(f"{folder}-extended-code", "collaborative", code | more, docs(2, 1, 1))


def trainable(folder, texts):
    every = dict(extended=True, trainable="all", clip=1.0, weight_decay=0.1, schedule=dict(warmup=2, total=6))
    yield Case(f"{folder}-extended-all", "collaborative", plain("next_item", 1, 1) | every, [mixed(texts, n) for n in (4, 1, 2, 3, 1, 2)])


def make(backbone, folder):
    generator = torch.Generator().manual_seed(SEED)
    config = transformers.AutoConfig.from_pretrained(models.BACKBONES / backbone / "testdata" / folder)
    towers = random_towers(config.hidden_size, generator, 1.0 if backbone == "t5" else 0.4)
    texts, files = Texts(config.vocab_size, generator, 2 if backbone == "t5" else 1), Files(backbone, extended)
    for kind, of in (("", cases), ("_trainable", trainable)):
        files.towers(kind, folder, towers)
        for case in of(folder, texts):
            files.add(kind, folder, case, towers, {}, False)
    files.write(f"extended_{backbone}", HERE)


if __name__ == "__main__":
    torch.set_num_threads(1)
    for backbone, folder in FOLDERS.items():
        make(backbone, folder)
