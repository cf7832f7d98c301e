"""Writes small random T5 folders in the Hugging Face layout and their reference numbers.

    python plugins/backbones/t5/testdata/make_reference.py

Every reference number is computed by transformers in float64 from the stored weights, one pair of texts at a time.
README.md beside this file says what each folder switches on and what each array means.
"""

import json
import math
import pathlib
import sys

import torch
import transformers

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "internal" / "lm" / "testdata"))

import models

SEED = 20240725


def older_duplicates(model):
    """What files of the first T5 releases hold beside the weights: the tied table under every name it has, and a
    relative bias of the cross attention that no T5 ever used."""
    table, heads = model.shared.weight, (model.config.relative_attention_num_buckets, model.config.num_heads)
    names = ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight")
    unused = torch.full(heads, 7.0)
    return {name: table.detach().clone() for name in names} | {
        "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight": unused}


# name: (shape, how it is stored, lengths of source and main text)
FOLDERS = {
    "small-a": (dict(d_model=16, d_kv=8, num_heads=2, d_ff=32, num_layers=2, vocab_size=53, n_positions=512), {},
                [40, 7, 1, 12], [28, 1, 5, 12]),
    "small-b": (dict(d_model=24, d_kv=6, num_heads=3, d_ff=28, num_layers=2, num_decoder_layers=1, vocab_size=47,
                     relative_attention_num_buckets=8, relative_attention_max_distance=12, feed_forward_proj="gated-gelu",
                     tie_word_embeddings=False), {}, [24, 5, 1, 9], [20, 1, 5, 9]),
    "small-c": (dict(d_model=16, d_kv=8, num_heads=3, d_ff=20, num_layers=1, num_decoder_layers=3, vocab_size=41,
                     relative_attention_num_buckets=16, relative_attention_max_distance=20, feed_forward_proj="gated-silu",
                     layer_norm_epsilon=1e-3), dict(dtype=torch.bfloat16, extra_tensors=older_duplicates), [30, 5, 1, 9], [24, 1, 5, 9]),
    "small-d": (dict(d_model=16, d_kv=4, num_heads=4, d_ff=24, num_layers=2, vocab_size=43, relative_attention_num_buckets=6,
                     relative_attention_max_distance=10, feed_forward_proj="gelu", tie_word_embeddings=False,
                     decoder_start_token_id=3), dict(dtype=torch.float16, shard="8KB"), [24, 5, 1, 9], [20, 1, 5, 9]),
    "small-e": (dict(d_model=16, d_kv=4, num_heads=2, d_ff=16, num_layers=1, vocab_size=37, relative_attention_num_buckets=8,
                     relative_attention_max_distance=16, feed_forward_proj="gated-relu"), {}, [20, 5], [16, 9]),
}


def std(name):
    """Large enough that attention and logits are uneven, small enough that bfloat16 still follows to some 2e-2."""
    if "shared" in name or "relative" in name:
        return 1.0 if "shared" in name else 0.5
    return 0.25 if any(part in name for part in (".q.", ".k.", "head")) else 0.1


def build(name, shape, stored, generator):
    shape = {"decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1, **shape}
    model = transformers.T5ForConditionalGeneration(transformers.T5Config(**shape))
    models.randomise(model, generator, std)
    models.save(model, HERE / name, **stored)


def states(model, source, main):
    """The encoder's states, what the decoder predicts each main token from, and its logits."""
    config = model.config
    read = torch.cat([torch.tensor([config.decoder_start_token_id]), main[:-1]])
    with torch.no_grad():
        done = model(input_ids=source[None], decoder_input_ids=read[None], use_cache=False, output_attentions=True,
                     output_hidden_states=True)
    attention = torch.stack([done.decoder_attentions[-1][0, :, -1].max(-1).values, done.cross_attentions[-1][0, :, -1].max(-1).values])
    return done.encoder_last_hidden_state[0], done.decoder_hidden_states[-1][0], done.logits[0], attention


def run(name, pairs, dtype):
    model = models.load("t5", name, dtype)
    with models.precision(dtype):
        return [states(model, source, main) for source, main in pairs]


def reference(name, source_lengths, lengths, generator):
    words = transformers.T5Config.from_pretrained(HERE / name).vocab_size
    sources, mains = models.draw(words, source_lengths, generator), models.draw(words, lengths, generator)
    done = {dtype: run(name, list(zip(sources, mains)), dtype) for dtype in (torch.float64, torch.float32, torch.bfloat16)}
    exact = done[torch.float64]
    losses = torch.cat([torch.nn.functional.cross_entropy(x[2], ids, reduction="none") for ids, x in zip(mains, exact)])
    arrays = {"source_ids": models.padded(sources), "source_lengths": torch.tensor(source_lengths),
              "ids": models.padded(mains), "lengths": torch.tensor(lengths), "token_losses": losses}
    arrays |= {what: models.padded([x[at] for x in exact]) for at, what in enumerate(("source_hidden", "hidden", "logits"))}
    facts = {"next_token_loss": losses.mean().item(), "predicted_tokens": losses.numel(), "loss_of_uniform": math.log(words),
             "largest_attention_weight_of_last_position": exact[0][3].tolist()}
    for kind in (torch.float32, torch.bfloat16):
        facts[f"{str(kind)[6:]}_pytorch_distance"] = {
            what: models.distance(models.padded([x[at] for x in done[kind]]), arrays[what])
            for at, what in enumerate(("source_hidden", "hidden", "logits"))}
    return arrays, facts


def main():
    torch.set_num_threads(1)
    summary = {"made_with": models.versions(SEED), "folders": {}}
    for number, (name, (shape, stored, source_lengths, lengths)) in enumerate(FOLDERS.items()):
        generator = torch.Generator().manual_seed(SEED + number)
        build(name, shape, stored, generator)
        arrays, facts = reference(name, source_lengths, lengths, generator)
        models.save_arrays(models.stored(arrays), HERE / f"{name}.safetensors")
        summary["folders"][name] = facts
    (HERE / "reference.json").write_text(json.dumps(summary, indent=1) + "\n")


if __name__ == "__main__":
    main()
