"""Writes small random LLaMA and Qwen2 folders in the Hugging Face layout and their reference numbers.

    python plugins/backbones/llama/testdata/make_reference.py

Every reference number is computed by transformers in float64 from the stored weights, one sequence at a time.
README.md beside this file says what each folder switches on and what each array means.
"""

import json
import pathlib
import sys

import torch
import transformers

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "internal" / "lm" / "testdata"))

import models

SEED = 20240611
TINY = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
            vocab_size=41, tie_word_embeddings=True)

# name: (shape, how it is stored, lengths of the reference batch)
FOLDERS = {
    "small-a": (dict(hidden_size=24, intermediate_size=32, num_hidden_layers=2, num_attention_heads=3, vocab_size=53,
                     max_position_embeddings=64, rms_norm_eps=1e-5, tie_word_embeddings=False), {}, [20, 5, 1]),
    "small-b": (dict(hidden_size=16, intermediate_size=28, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
                     vocab_size=41, max_position_embeddings=64, rms_norm_eps=1e-3, rope_theta=500.0, tie_word_embeddings=True),
                {}, [20, 5, 1, 9]),
    "small-c": (dict(hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=1,
                     head_dim=6, vocab_size=43, max_position_embeddings=64, attention_bias=True, mlp_bias=True, hidden_act="gelu",
                     tie_word_embeddings=False), dict(dtype=torch.bfloat16), [20, 5, 1, 9]),
    "qwen2": (dict(model_type="qwen2", hidden_size=16, intermediate_size=28, num_hidden_layers=2, num_attention_heads=4,
                   num_key_value_heads=2, vocab_size=47, max_position_embeddings=64, rms_norm_eps=1e-6, rope_theta=1e6,
                   use_sliding_window=False, tie_word_embeddings=True), dict(shard="10KB"), [20, 5, 1, 9]),
    "rope-linear": (dict(TINY, max_position_embeddings=64, rope_scaling={"type": "linear", "factor": 2.5}),
                    dict(bare=True), [33, 6]),
    "rope-dynamic": (dict(TINY, max_position_embeddings=16, rope_theta=100.0, rope_scaling={"rope_type": "dynamic", "factor": 4.0}),
                     dict(dtype=torch.float16), [33, 17, 6]),
    "rope-llama3": (dict(TINY, max_position_embeddings=64, rope_theta=100.0, rope_scaling={
        "rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 24}), {}, [33, 6]),
    "rope-yarn": (dict(TINY, max_position_embeddings=64, rope_theta=100.0, rope_scaling={
        "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}), {}, [33, 6]),
    "rope-yarn-b": (dict(TINY, head_dim=12, max_position_embeddings=64, rope_theta=1000.0, rope_scaling={
        "rope_type": "yarn", "factor": 2.0, "beta_fast": 8.0, "beta_slow": 0.5, "mscale": 1.5, "mscale_all_dim": 0.7,
        "truncate": False, "original_max_position_embeddings": 32}), {}, [33, 6]),
}


def std(name):
    """Large enough that attention and logits are uneven, small enough that bfloat16 still follows to some 2e-2."""
    return 0.5 if "embed" in name else 0.25 if "head" in name or "q_proj" in name or "k_proj" in name else 0.1


def build(name, shape, stored, generator):
    shape, stored = {"model_type": "llama", "bos_token_id": 1, "eos_token_id": 2, **shape}, dict(stored)
    config = transformers.AutoConfig.for_model(**shape)
    model = transformers.AutoModelForCausalLM.from_config(config)
    models.randomise(model, generator, std)
    models.save(model.model if stored.pop("bare", False) else model, HERE / name, **stored)


def main():
    torch.set_num_threads(1)
    summary = {"made_with": models.versions(SEED), "folders": {}}
    for number, (name, (shape, stored, lengths)) in enumerate(FOLDERS.items()):
        generator = torch.Generator().manual_seed(SEED + number)
        build(name, shape, stored, generator)
        arrays, facts = models.causal_reference("llama", name, lengths, generator)
        models.save_arrays(models.stored(arrays), HERE / f"{name}.safetensors")
        summary["folders"][name] = facts
    (HERE / "reference.json").write_text(json.dumps(summary, indent=1) + "\n")


if __name__ == "__main__":
    main()
