"""Writes small random GPT-2 folders in the Hugging Face layout and their reference numbers.

    python plugins/backbones/gpt2/testdata/make_reference.py

The weights are float32, drawn with a fixed seed and large enough that attention is far from uniform.
Every reference number is computed by transformers.GPT2LMHeadModel in float64 from those float32 weights.
README.md beside this file says what each array means.
"""

import json
import pathlib
import sys

import torch
import transformers

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "internal" / "lm" / "testdata"))

import models

SEED = 20240513

FOLDERS = {
    # The ordinary shape; saved from the language model, so names start with "transformer.".
    "small-a": dict(n_layer=2, n_embd=32, n_head=4, vocab_size=97, n_positions=64),
    # Another shape, an explicit inner width and epsilon; saved from the bare model: no prefix.
    "small-b": dict(n_layer=3, n_embd=24, n_head=3, vocab_size=53, n_positions=40, n_inner=60, layer_norm_epsilon=1e-3),
    # What some published GPT-2 folders switch on: exact GELU and attention scaled by the layer's number.
    "small-c": dict(n_layer=2, n_embd=16, n_head=2, vocab_size=41, n_positions=32,
                    activation_function="gelu", scale_attn_by_inverse_layer_idx=True),
    # Float16 shards with an index; attention not divided by the root of the head's width; ReLU.
    "small-d": dict(n_layer=2, n_embd=16, n_head=4, vocab_size=37, n_positions=48, n_inner=24,
                    activation_function="relu", scale_attn_weights=False),
    # As DistilGPT-2 and other early folders are published: masks and the tied head among the weights, more keys.
    "small-e": dict(n_layer=3, n_embd=16, n_head=2, vocab_size=43, n_positions=32),
    # Bfloat16 weights of the bare model; SiLU.
    "small-f": dict(n_layer=1, n_embd=24, n_head=3, vocab_size=41, n_positions=32, n_inner=32, activation_function="silu"),
    # A word head of its own.
    "small-g": dict(n_layer=2, n_embd=16, n_head=2, vocab_size=37, n_positions=32, tie_word_embeddings=False),
}
BARE = {"small-b", "small-f"}


def early_tensors(model):
    """Causal masks and the tied word head, which early files hold beside the weights."""
    config = model.config
    mask = torch.ones(config.n_positions, config.n_positions).tril()[None, None]
    masks = {f"transformer.h.{i}.attn.bias": mask.clone() for i in range(config.n_layer)}
    low = {f"transformer.h.{i}.attn.masked_bias": torch.tensor(-1e4) for i in range(config.n_layer)}
    return masks | low | {"lm_head.weight": model.transformer.wte.weight.detach().clone()}


STORED = {
    "small-d": dict(dtype=torch.float16, shard="8KB"),
    "small-e": dict(extra_tensors=early_tensors, extra_config={
        "_num_labels": 1, "n_ctx": 32, "id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0},
        "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}}}),
    "small-f": dict(dtype=torch.bfloat16),
}
MILD = {"small-d", "small-e", "small-f"}  # small enough that bfloat16 follows to some 2e-2


def build(name, shape, generator):
    """A model with every parameter random, layer norms and biases included."""
    config = transformers.GPT2Config(resid_pdrop=0.1, embd_pdrop=0.1, attn_pdrop=0.1, bos_token_id=0, eos_token_id=0,
                                     attn_implementation="eager", **shape)
    model = transformers.GPT2LMHeadModel(config).eval()
    with torch.no_grad():
        for path, value in model.named_parameters():
            noise = torch.randn(value.shape, generator=generator)
            is_norm = ".ln_" in path and path.endswith("weight")
            std = 0.1 if value.dim() == 1 else 0.35 if "c_attn" in path else 0.2
            if name in MILD and value.dim() > 1:
                std = 0.5 if "wte" in path else 0.2 if "c_attn" in path else 0.12
            value.copy_(1 + std * noise if is_norm else std * noise)
    saved = model.transformer if name in BARE else model
    if name in STORED:
        models.save(saved, HERE / name, **STORED[name])
        return models.load("gpt2", name, torch.float32)
    saved.save_pretrained(HERE / name, safe_serialization=True)
    (HERE / name / "generation_config.json").unlink(missing_ok=True)
    return model


def reference(model, generator):
    """Hidden states, logits and loss of a right-padded batch of word tokens, in float64."""
    positions, vocabulary = model.config.n_positions, model.config.vocab_size
    lengths = torch.tensor([positions // 2, 5, 1, positions // 3])
    width = int(lengths.max())
    ids = torch.randint(0, vocabulary, (len(lengths), width), generator=generator)
    mask = (torch.arange(width)[None, :] < lengths[:, None]).long()
    ids = ids * mask
    double = model.double()
    with torch.no_grad():
        hidden = double.transformer(input_ids=ids, attention_mask=mask).last_hidden_state
        logits = double.lm_head(hidden)
        uneven = double(input_ids=ids, attention_mask=mask, output_attentions=True).attentions[-1][0, :, -1]
    follows = mask[:, 1:].bool()  # position t predicts token t+1 where that one is real
    losses = torch.nn.functional.cross_entropy(logits[:, :-1][follows], ids[:, 1:][follows], reduction="none")
    live = mask.bool()[:, :, None]
    arrays = {"ids": ids, "lengths": lengths, "hidden": hidden * live, "logits": logits * live, "token_losses": losses}
    facts = {"next_token_loss": losses.mean().item(), "predicted_tokens": losses.numel(),
             "largest_attention_weight_of_last_position": uneven.max(-1).values.tolist()}
    return arrays, facts


def main():
    summary = {"made_with": models.versions(SEED), "folders": {}}
    for number, (name, shape) in enumerate(FOLDERS.items()):
        generator = torch.Generator().manual_seed(SEED + number)
        arrays, facts = reference(build(name, shape, generator), generator)
        arrays = models.stored(arrays) if name in MILD else {k: v.contiguous() for k, v in arrays.items()}
        models.save_arrays(arrays, HERE / f"{name}.safetensors")
        summary["folders"][name] = facts
    (HERE / "reference.json").write_text(json.dumps(summary, indent=1) + "\n")


if __name__ == "__main__":
    main()
