"""Writes steps*.json and steps*.safetensors: reference training steps of method.py on small random models.

    python plugins/internal/lm/testdata/make_steps.py [set ...]

Needs the folders that plugins/backbones/*/testdata/make_reference.py wrote. README.md explains the format.
"""

import dataclasses
import json
import pathlib
import sys

import torch
import transformers

import models
from method import Document, LoRA, Prior, Tower, linears, method, widths

HERE = pathlib.Path(__file__).resolve().parent
SEED = 98765
USERS, ITEMS = 6, 9
LAMBDA_C, LAMBDA_L = 0.7, 0.05
HOW = {"paper": ("example_mean", True), "code": ("token_mean", False)}
OBJECTIVES = ("next_word", "next_item", "multinomial")


@dataclasses.dataclass
class Folder:
    """A folder and what is computed on it."""
    name: str
    stretch: int = 1  # how many times longer every piece of text is
    fidelities: bool = False  # the three stages in both fidelities too
    lora: tuple = ()  # objectives with adapters
    everything: tuple = ()  # objectives with every weight
    bfloat16: bool = True  # the ten-steps cases in bfloat16 too


SETS = {
    "steps": ("gpt2", [Folder("small-a", 1, True, bfloat16=False), Folder("small-b", 1, True, bfloat16=False)]),
    "steps_gpt2_more": ("gpt2", [Folder("small-c", 1, False, OBJECTIVES, ("next_word", "multinomial")), Folder("small-d"),
                                 Folder("small-e"), Folder("small-f")]),
    "steps_t5": ("t5", [Folder("small-a", 3, True, OBJECTIVES, ("next_word",)), Folder("small-b", 2, True, ("next_word",)),
                        Folder("small-c", 3), Folder("small-d", 2), Folder("small-e", 2, False, (), ("multinomial",))]),
    "steps_llama": ("llama", [Folder("small-a", 1, True), Folder("small-b", 1, True, OBJECTIVES, ("next_word",)),
                              Folder("small-c", 1, False, (), ("next_word",)), Folder("qwen2"), Folder("rope-linear", 2),
                              Folder("rope-dynamic", 3), Folder("rope-llama3", 3), Folder("rope-yarn", 3),
                              Folder("rope-yarn-b", 3)]),
}


class Texts:
    """Random documents with the structure of the method's prompts."""

    def __init__(self, words, generator, stretch=1):
        self.words, self.generator, self.stretch = words, generator, stretch

    def draw(self, low, high, n):
        return torch.randint(low, high, (n,), generator=self.generator).tolist()

    def text(self, n):
        return self.draw(0, self.words, n * self.stretch)

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


@dataclasses.dataclass
class Case:
    name: str
    tower: str
    spec: dict
    docs: list


def priors(fidelity, other, zero):
    """The paper's Gaussian priors, and the released code's one."""
    if fidelity == "code":
        return [Prior(other, LAMBDA_C, "batch_sum")]
    toward = [Prior(other, LAMBDA_C / 2, "example_mean", True)]
    return toward + [Prior("", LAMBDA_L / 2, "example_mean", True)] if zero else toward


def method_cases(folder, texts):
    """One collaborative, one content and one finetuning step, in both fidelities."""
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
            spec = dict(objective=objective, reduction="example_mean" if objective == "multinomial" else reduction,
                        predict_first=first, priors=priors(fidelity, other, stage != "content"), rate=1e-3,
                        batch=len(docs), epochs=3)
            yield Case(f"{folder}-{stage}-{fidelity}", tower, spec, docs)


def plain(objective, batch, epochs):
    """A case's settings without a prior."""
    return dict(objective=objective, reduction="example_mean", predict_first=True, priors=[], rate=1e-3,
                batch=batch, epochs=epochs)


def adam_cases(folder, texts):
    """Ten steps without a prior: two unlike batches (the second smaller), so that only dense Adam gets them right."""
    batches = {"next_word": [texts.review(12), texts.content(1), texts.review(4)],
               "next_item": [texts.collaborative(8), texts.collaborative(1), texts.collaborative(3)],
               "multinomial": [texts.finetuning(5, 2), texts.finetuning(1, 3), texts.finetuning(2, 1)]}
    for objective, docs in batches.items():
        yield Case(f"{folder}-{objective}-ten-steps", "collaborative", plain(objective, 2, 5), docs)


def trainable_cases(folder, texts):
    """Ten steps with adapters, and six of one document each in which every weight trains."""
    batches = {"next_word": lambda: [texts.review(6), texts.content(1), texts.review(4)],
               "next_item": lambda: [texts.collaborative(6), texts.collaborative(1), texts.collaborative(3)],
               "multinomial": lambda: [texts.finetuning(5, 2), texts.finetuning(1, 3), texts.finetuning(2, 1)]}
    for objective in folder.lora:
        more = dict(trainable="lora", lora=dict(rank=4, alpha=8.0, dropout=0.0))
        yield Case(f"{folder.name}-{objective}-lora", "collaborative", plain(objective, 2, 5) | more, batches[objective]())
    for objective in folder.everything:
        more = dict(trainable="all", clip=1.0, weight_decay=0.1, schedule=dict(warmup=2, total=6))
        docs = batches[objective]() + batches[objective]()
        yield Case(f"{folder.name}-{objective}-all", "collaborative", plain(objective, 1, 1) | more, docs)


def random_towers(width, generator, std):
    def table(rows):
        return std * torch.randn(rows, width, generator=generator)
    return {name: Tower(table(USERS), table(ITEMS)) for name in ("collaborative", "content")}


def random_adapters(model, rank, generator):
    """A ~ N(0, 1/in) and a small B, so that no gradient is zero."""
    made = {}
    for name, module in linears(model):
        inner, outer = widths(module)
        made[f"{name}.A"] = torch.randn(rank, inner, generator=generator) / inner**0.5
        made[f"{name}.B"] = 0.05 * torch.randn(outer, rank, generator=generator)
    return made


def convert(tower, dtype):
    return Tower(tower.user.to(dtype), tower.item.to(dtype))


def extra_leaves(model, case, adapters, dtype):
    """What trains beside the soft tokens, by name."""
    kind = case.spec.get("trainable", "tokens")
    if kind == "all":
        return {name: p.requires_grad_() for name, p in model.named_parameters()}
    if kind == "lora":
        return LoRA(model, {k: v.to(dtype) for k, v in adapters.items()}, case.spec["lora"]["alpha"]).adapters
    return {}


def measure(backbone, folder, case, towers, adapters, dtype, render=method):
    """(arrays by name, log) of a case in one precision; soft tokens and adapters are float32 over a bfloat16 model."""
    model = models.load(backbone, folder, dtype)
    soft = torch.float32 if dtype == torch.bfloat16 else dtype
    towers = {name: convert(t, soft) for name, t in towers.items()}
    more = extra_leaves(model, case, adapters, soft)
    with models.precision(dtype):
        engine = render(backbone, model)
        with torch.no_grad():
            arrays = {"item_logits": torch.stack([engine.item_logits(d, towers[case.tower]) for d in case.docs])}
            if case.spec["objective"] == "next_item":
                arrays["item_logits_after_main"] = torch.stack(
                    [engine.item_logits(d, towers[case.tower], d.main) for d in case.docs])
        trained, gradients, log = engine.train(case.docs, towers[case.tower], case.spec, towers, more)
    finals = {"user": trained.user, "item": trained.item} | {name: leaf.detach() for name, leaf in more.items()}
    arrays |= {f"grad_{name}": value for name, value in gradients.items()}
    return arrays | {f"final_{name}": value for name, value in finals.items()}, log


def distances(found, exact, towers, case):
    """How far another precision is from float64; "moved" is what a table's values moved from where they stood."""
    start = towers[case.tower]
    far = {name: models.distance(found[name], exact[name]) for name in exact if name.startswith(("grad", "item"))}
    for part, initial in (("user", start.user.double()), ("item", start.item.double())):
        far[f"moved_{part}"] = models.distance(found[f"final_{part}"].double() - initial, exact[f"final_{part}"] - initial)
        far[f"final_{part}"] = models.distance(found[f"final_{part}"], exact[f"final_{part}"])
    return far


def loss_distance(found, exact):
    return max(abs(a["loss"] - b["loss"]) / abs(b["loss"]) for a, b in zip(found, exact))


def entry(backbone, folder, case, log):
    """A case as the JSON file has it."""
    spec = {**case.spec, "priors": [dataclasses.asdict(p) for p in case.spec["priors"]]}
    return {"name": case.name, "backbone": backbone, "folder": folder, "tower": case.tower, **spec,
            "documents": [dataclasses.asdict(d) for d in case.docs], "log": log}


def summary(far, losses):
    """The distances that a reader needs: of a weight or an adapter only the worst."""
    soft = {k: v for k, v in far.items() if "." not in k}  # adapters and weights have a dotted name
    other = [v for k, v in far.items() if k not in soft]
    return {"loss": losses} | soft | ({"grad_of_any_other": max(other)} if other else {})


def prefixed(name, arrays):
    return {f"{name}/{key}": value for key, value in arrays.items()}


class Files:
    """One set's three outputs: float64 steps, the same in bfloat16, and steps in which more trains."""

    def __init__(self, backbone, render=method):
        self.backbone, self.render = backbone, render
        self.cases, self.arrays = {"": [], "_bf16": [], "_trainable": []}, {"": {}, "_bf16": {}, "_trainable": {}}

    def add(self, kind, folder, case, towers, adapters, low_precision):
        exact, log = measure(self.backbone, folder, case, towers, adapters, torch.float64, self.render)
        self.arrays[kind] |= prefixed(case.name, exact)
        found, other = measure(self.backbone, folder, case, towers, adapters, torch.float32, self.render)
        far = summary(distances(found, exact, towers, case), loss_distance(other, log))
        self.cases[kind].append(entry(self.backbone, folder, case, log) | {"float32_pytorch_distance": far})
        if low_precision:
            found, other = measure(self.backbone, folder, case, towers, adapters, torch.bfloat16, self.render)
            self.arrays["_bf16"] |= prefixed(case.name, found)
            far = summary(distances(found, exact, towers, case), loss_distance(other, log))
            self.cases["_bf16"].append(entry(self.backbone, folder, case, other) | {"float64_distance": far})

    def towers(self, kind, folder, towers):
        for name, tower in towers.items():
            self.arrays[kind] |= {f"{folder}/{name}/user": tower.user, f"{folder}/{name}/item": tower.item}

    def write(self, name, to):
        for kind, cases in self.cases.items():
            if not cases or (name == "steps" and not kind):
                continue
            head = {"made_with": models.versions(SEED), "users": USERS, "items": ITEMS, "betas": [0.9, 0.999], "eps": 1e-8}
            (to / f"{name}{kind}.json").write_text(json.dumps(head | {"cases": cases}, indent=1) + "\n")
            models.save_arrays(models.stored(self.arrays[kind]), to / f"{name}{kind}.safetensors")

    def write_as_first_published(self, name):
        """steps.json and steps.safetensors: float64 arrays, fewer keys."""
        keys = ("grad_user", "grad_item", "moved_user", "moved_item")
        kept = {"item_logits", "grad_user", "grad_item", "final_user", "final_item"}
        cases = []
        for case in self.cases[""]:
            noise = case["float32_pytorch_distance"]
            case = {k: v for k, v in case.items() if k != "backbone"}
            cases.append(case | {"float32_pytorch_distance": {k: noise[k] for k in keys}})
        head = {"made_with": models.versions(SEED), "users": USERS, "items": ITEMS, "betas": [0.9, 0.999], "eps": 1e-8}
        (HERE / f"{name}.json").write_text(json.dumps(head | {"cases": cases}, indent=1) + "\n")
        arrays = {k: v.contiguous() for k, v in self.arrays[""].items() if k.split("/")[-1] in kept | {"user", "item"}}
        models.save_arrays(arrays, HERE / f"{name}.safetensors")


def add_folder(files, folder, number):
    generator = torch.Generator().manual_seed(SEED + number)
    path = models.BACKBONES / files.backbone / "testdata" / folder.name
    config = transformers.AutoConfig.from_pretrained(path)
    towers = random_towers(config.hidden_size, generator, 1.0 if files.backbone == "t5" else 0.4)
    files.towers("", folder.name, towers)
    files.towers("_bf16", folder.name, towers)
    texts = Texts(config.vocab_size, generator, folder.stretch)
    for case in method_cases(folder.name, texts) if folder.fidelities else []:
        files.add("", folder.name, case, towers, {}, False)
    for case in adam_cases(folder.name, texts):
        files.add("", folder.name, case, towers, {}, folder.bfloat16)
    if folder.lora or folder.everything:
        add_trainable(files, folder, texts, towers, generator)


def add_trainable(files, folder, texts, towers, generator):
    files.towers("_trainable", folder.name, towers)
    adapters = random_adapters(models.load(files.backbone, folder.name, torch.float32), 4, generator)
    if folder.lora:
        files.arrays["_trainable"] |= prefixed(f"{folder.name}/lora", adapters)
    for case in trainable_cases(folder, texts):
        files.add("_trainable", folder.name, case, towers, adapters, False)


def make(name, backbone, folders, to=HERE):
    """Write a set: of another backbone into that one's own testdata."""
    files = Files(backbone)
    for number, folder in enumerate(folders):
        add_folder(files, folder, number)
    if name == "steps":
        files.write_as_first_published(name)
    files.write(name, to)


def main():
    torch.set_num_threads(1)
    for name in sys.argv[1:] or SETS:
        make(name, *SETS[name])


if __name__ == "__main__":
    main()
