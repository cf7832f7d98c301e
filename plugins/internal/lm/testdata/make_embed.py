"""Writes embed.safetensors: texts as token ids and their vectors, pooled from hidden states that transformers computes.

    python plugins/internal/lm/testdata/make_embed.py

After the make_reference.py of every backbone, whose folders it reads. README.md beside this file says what each array means.
"""

import pathlib

import torch

import models

HERE = pathlib.Path(__file__).resolve().parent
SEED = 4711
FOLDERS = [("gpt2", "small-c"), ("gpt2", "small-g"), ("llama", "small-b"), ("llama", "qwen2"), ("gptneox", "sequential"), ("gptneox", "parallel"),
           ("t5", "small-a"), ("t5", "small-b")]
LENGTHS = [1, 7, 2, 16, 5]


def states(model, backbone, ids):
    """Last hidden states [T,K] of one text, without a padding: of an encoder-decoder those of its encoder."""
    stack = model.get_encoder() if backbone == "t5" else model.base_model
    with torch.no_grad():
        return stack(input_ids=ids[None]).last_hidden_state[0]


def main():
    arrays, generator = {}, torch.Generator().manual_seed(SEED)
    for backbone, folder in FOLDERS:
        model = models.load(backbone, folder, torch.float64)
        rows = models.draw(model.config.vocab_size, LENGTHS, generator)
        with models.precision(torch.float64):
            hidden = [states(model, backbone, ids) for ids in rows]
        at = f"{backbone}/{folder}/"
        arrays |= {at + "ids": models.padded(rows), at + "lengths": torch.tensor(LENGTHS),
                   at + "mean": torch.stack([h.mean(0) for h in hidden]), at + "last": torch.stack([h[-1] for h in hidden])}
    models.save_arrays({k: v.contiguous() for k, v in arrays.items()}, HERE / "embed.safetensors")


if __name__ == "__main__":
    main()
