"""Writes small random GPT-2 folders in the Hugging Face layout and their reference numbers.

    python plugins/backbones/gpt2/testdata/make_reference.py

The weights are float32, drawn with a fixed seed and large enough that attention is far from uniform.
Every reference number is computed by transformers.GPT2LMHeadModel in float64 from those float32 weights.
README.md beside this file says what each array means.
"""

import json
import pathlib
import platform

import safetensors.torch
import torch
import transformers

HERE = pathlib.Path(__file__).resolve().parent
SEED = 20240513

FOLDERS = {
    # The ordinary shape; saved from the language model, so names start with "transformer.".
    "small-a": dict(n_layer=2, n_embd=32, n_head=4, vocab_size=97, n_positions=64),
    # Another shape, an explicit inner width and epsilon; saved from the bare model: no prefix.
    "small-b": dict(n_layer=3, n_embd=24, n_head=3, vocab_size=53, n_positions=40, n_inner=60, layer_norm_epsilon=1e-3),
    # What some published GPT-2 folders switch on: exact GELU and attention scaled by the layer's number.
    "small-c": dict(n_layer=2, n_embd=16, n_head=2, vocab_size=41, n_positions=32,
                    activation_function="gelu", scale_attn_by_inverse_layer_idx=True),
}
BARE = {"small-b"}


def versions():
    return {"python": platform.python_version(), "torch": torch.__version__,
            "transformers": transformers.__version__, "safetensors": safetensors.__version__, "seed": SEED}


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
            value.copy_(1 + std * noise if is_norm else std * noise)
    saved = model.transformer if name in BARE else model
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
    summary = {"made_with": versions(), "folders": {}}
    for number, (name, shape) in enumerate(FOLDERS.items()):
        generator = torch.Generator().manual_seed(SEED + number)
        arrays, facts = reference(build(name, shape, generator), generator)
        safetensors.torch.save_file({k: v.contiguous() for k, v in arrays.items()}, HERE / f"{name}.safetensors")
        summary["folders"][name] = facts
    (HERE / "reference.json").write_text(json.dumps(summary, indent=1) + "\n")


if __name__ == "__main__":
    main()
