"""Writes steps.json and steps.safetensors: reference training steps of method.py on small random GPT-2 models.

    python plugins/internal/lm/testdata/make_steps.py

Needs the folders that plugins/backbones/gpt2/testdata/make_reference.py wrote. README.md explains the format.
"""

import dataclasses
import json
import pathlib
import platform

import safetensors.torch
import torch
import transformers

from method import Document, Method, Prior, Tower

HERE = pathlib.Path(__file__).resolve().parent
FOLDERS = HERE.parents[2] / "backbones" / "gpt2" / "testdata"
SEED = 98765
USERS, ITEMS = 6, 9
LAMBDA_C, LAMBDA_L = 0.7, 0.05
HOW = {"paper": ("document_mean", True), "code": ("token_mean", False)}


class Texts:
    """Random documents with the structure of the method's prompts."""

    def __init__(self, words, generator):
        self.words, self.generator = words, generator

    def draw(self, low, high, n):
        return torch.randint(low, high, (n,), generator=self.generator).tolist()

    def text(self, n):
        return self.draw(0, self.words, n)

    def user(self):
        return self.words + self.draw(0, USERS - 1, 1)[0]  # the last user is never seen: its gradient is zero

    def items(self, n):
        return torch.randperm(ITEMS, generator=self.generator)[:n].tolist()

    def token(self, item):
        return self.words + USERS + item

    def collaborative(self, n):  # <user_i> has interacted with | <item_a> <item_b> ...
        return Document([self.user()] + self.text(3), [self.token(j) for j in self.items(n)])

    def review(self, n):  # <user_i> writes the review for <item_j>: | words
        return Document([self.user()] + self.text(4) + [self.token(self.items(1)[0])] + self.text(1), self.text(n))

    def content(self, n):  # The content of <item_j> is: | words
        return Document(self.text(3) + [self.token(self.items(1)[0])] + self.text(2), self.text(n))

    def finetuning(self, n, held):  # <user_i> has interacted with <item_a> [mask] ... will interact with: | targets
        items = self.items(n + held)
        history = [self.token(j) for j in items[held:]]
        prompt = [self.user()] + self.text(3) + history[:1] + self.text(1) + history[1:] + self.text(4)
        return Document(prompt, [], items[:held])


def priors(fidelity, other, zero):
    """The paper's Gaussian priors, and the released code's one."""
    if fidelity == "code":
        return [Prior(other, LAMBDA_C, "batch_sum")]
    toward = [Prior(other, LAMBDA_C / 2, "document_mean", True)]
    return toward + [Prior("", LAMBDA_L / 2, "document_mean", True)] if zero else toward


def method_cases(folder, words, generator):
    """One collaborative, one content and one finetuning step, in both fidelities."""
    texts = Texts(words, generator)
    batches = {
        "collaborative": ("next_item", "collaborative", "content",
                          [texts.collaborative(5), texts.collaborative(2), texts.collaborative(4)]),
        "content": ("next_word", "content", "collaborative",
                    [texts.review(7), texts.content(3), texts.review(2), texts.review(5)]),
        "finetuning": ("multinomial", "collaborative", "content",
                       [texts.finetuning(3, 2), texts.finetuning(1, 1), texts.finetuning(4, 3)]),
    }
    for fidelity, (reduction, first) in HOW.items():
        for stage, (objective, tower, other, docs) in batches.items():
            spec = dict(objective=objective, reduction="document_mean" if objective == "multinomial" else reduction,
                        predict_first=first, priors=priors(fidelity, other, stage != "content"), rate=1e-3,
                        batch=len(docs), epochs=3)
            yield f"{folder}-{stage}-{fidelity}", tower, spec, docs


def adam_cases(folder, words, generator):
    """Ten steps without a prior: two unlike batches (the second smaller), so that only dense Adam gets them right."""
    texts = Texts(words, generator)
    batches = {"next_word": [texts.review(12), texts.content(1), texts.review(4)],
               "next_item": [texts.collaborative(8), texts.collaborative(1), texts.collaborative(3)],
               "multinomial": [texts.finetuning(5, 2), texts.finetuning(1, 3), texts.finetuning(2, 1)]}
    for objective, docs in batches.items():
        yield (f"{folder}-{objective}-ten-steps", "collaborative",
               dict(objective=objective, reduction="document_mean", predict_first=True, priors=[], rate=1e-3,
                    batch=2, epochs=5), docs)


def random_towers(width, generator):
    def table(rows):
        return 0.4 * torch.randn(rows, width, generator=generator)
    return {name: Tower(table(USERS), table(ITEMS)) for name in ("collaborative", "content")}


def convert(tower, dtype):
    return Tower(tower.user.to(dtype), tower.item.to(dtype))


def measure(gpt2, tower, spec, docs, towers, dtype):
    method = Method(gpt2, dtype)
    towers = {name: convert(t, dtype) for name, t in towers.items()}
    with torch.no_grad():
        ranked = torch.stack([method.item_logits(d, towers[tower]) for d in docs])
    return (*method.train(docs, towers[tower], spec, towers), ranked)


def distance(a, b):
    """Largest difference over the largest value, as the Go tests measure it."""
    return ((a.double() - b).abs().max() / b.abs().max().clamp_min(1e-30)).item()


def run_case(folder, name, tower, spec, docs, towers):
    """(JSON entry, arrays): float64 numbers, and how far float32 PyTorch is from them."""
    gpt2 = transformers.GPT2Model.from_pretrained(FOLDERS / folder, attn_implementation="eager")
    start = convert(towers[tower], torch.float64)
    trained32, grads32, _, _ = measure(gpt2, tower, spec, docs, towers, torch.float32)
    trained, grads, log, ranked = measure(gpt2, tower, spec, docs, towers, torch.float64)
    arrays = {f"{name}/item_logits": ranked, f"{name}/grad_user": grads[0], f"{name}/grad_item": grads[1],
              f"{name}/final_user": trained.user, f"{name}/final_item": trained.item}
    noise = {"grad_user": distance(grads32[0], grads[0]), "grad_item": distance(grads32[1], grads[1]),
             "moved_user": distance(trained32.user.double() - start.user, trained.user - start.user),
             "moved_item": distance(trained32.item.double() - start.item, trained.item - start.item)}
    spec = {**spec, "priors": [dataclasses.asdict(p) for p in spec["priors"]]}
    return {"name": name, "folder": folder, "tower": tower, **spec, "documents": [dataclasses.asdict(d) for d in docs],
            "log": log, "float32_pytorch_distance": noise}, arrays


def main():
    torch.set_num_threads(1)
    cases, arrays = [], {}
    for number, folder in enumerate(["small-a", "small-b"]):
        generator = torch.Generator().manual_seed(SEED + number)
        config = transformers.GPT2Config.from_pretrained(FOLDERS / folder)
        towers = random_towers(config.n_embd, generator)
        for name, tower in towers.items():
            arrays |= {f"{folder}/{name}/user": tower.user, f"{folder}/{name}/item": tower.item}
        todo = [*method_cases(folder, config.vocab_size, generator), *adam_cases(folder, config.vocab_size, generator)]
        for name, tower, spec, docs in todo:
            entry, made = run_case(folder, name, tower, spec, docs, towers)
            cases.append(entry)
            arrays |= made
    made_with = {"python": platform.python_version(), "torch": torch.__version__,
                 "transformers": transformers.__version__, "safetensors": safetensors.__version__, "seed": SEED}
    head = {"made_with": made_with, "users": USERS, "items": ITEMS, "betas": [0.9, 0.999], "eps": 1e-8}
    (HERE / "steps.json").write_text(json.dumps(head | {"cases": cases}, indent=1) + "\n")
    safetensors.torch.save_file({k: v.contiguous() for k, v in arrays.items()}, HERE / "steps.safetensors")


if __name__ == "__main__":
    main()
