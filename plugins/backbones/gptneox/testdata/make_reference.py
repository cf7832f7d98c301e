"""Writes small random GPT-NeoX folders in the Hugging Face layout, their reference numbers and training steps.

    python plugins/backbones/gptneox/testdata/make_reference.py

Every reference number is computed by transformers in float64 from the stored weights, one sequence at a time.
README.md beside this file says what each folder switches on; plugins/internal/lm/testdata/README.md has the format of the steps.
"""

import json
import pathlib
import sys

import safetensors.torch
import tokenizers
import torch
import transformers

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "internal" / "lm" / "testdata"))

import make_steps
import models
from make_steps import Folder

SEED = 20240705

STRETCHED = dict(hidden_size=16, intermediate_size=12, num_hidden_layers=1, num_attention_heads=2, vocab_size=41,
                 max_position_embeddings=12, rotary_emb_base=100, tie_word_embeddings=True)

# name: (shape, how it is stored, lengths of the reference batch)
FOLDERS = {
    "parallel": (dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, vocab_size=31,
                      max_position_embeddings=64), {}, [13, 5, 1]),
    "sequential": (dict(hidden_size=12, intermediate_size=20, num_hidden_layers=2, num_attention_heads=3, vocab_size=37,
                        max_position_embeddings=48, use_parallel_residual=False, rotary_pct=1.0, rotary_emb_base=500,
                        layer_norm_eps=1e-3, hidden_act="gelu_new", hidden_dropout=0.1, attention_dropout=0.1,
                        tie_word_embeddings=True), dict(bare=True), [13, 5, 1]),
    "float16": (dict(hidden_size=8, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2, vocab_size=43,
                     max_position_embeddings=32, rotary_pct=0.5, hidden_act="relu", attention_bias=False),
                dict(dtype=torch.float16, shard="2KB"), [13, 5, 1]),
    "bfloat16": (dict(hidden_size=8, intermediate_size=12, num_hidden_layers=1, num_attention_heads=1, vocab_size=41,
                      max_position_embeddings=32, use_parallel_residual=False, tie_word_embeddings=True),
                 dict(dtype=torch.bfloat16), [13, 5, 1]),
    "pythia": (dict(hidden_size=8, intermediate_size=16, num_hidden_layers=1, num_attention_heads=1, vocab_size=320,
                    max_position_embeddings=32), dict(dtype=torch.float16, published=True), [5, 2]),
    "yarn": (dict(STRETCHED, rotary_pct=0.5, rope_scaling={"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 12}),
             {}, [33, 6]),
    "dynamic": (dict(STRETCHED, rotary_pct=0.5, rope_scaling={"rope_type": "dynamic", "factor": 4.0}), {}, [33, 13, 6]),
}
STEPS = [Folder("parallel", lora=("next_item",), everything=("next_word",)), Folder("sequential", bfloat16=False),
         Folder("float16", bfloat16=False), Folder("bfloat16", bfloat16=False)]

SENTENCES = ["the red brush is good for my hair.", "I like the blue soap, but the green towel is soft.", "it's a shiny cream!"] * 4
AWKWARD = "The  shiny   brush isn't re\u0301d:\n    3 caf\u00e9s <|endoftext|> \u2603"


def std(name):
    """Large enough that attention and logits are uneven, small enough that bfloat16 still follows to some 2e-2."""
    return 0.5 if "embed_in" in name else 0.25 if "embed_out" in name or "query_key" in name else 0.1


def build(name, shape, stored, generator):
    stored = dict(stored)
    config = transformers.AutoConfig.for_model("gpt_neox", bos_token_id=0, eos_token_id=0, **shape)
    model = transformers.AutoModelForCausalLM.from_config(config)
    models.randomise(model, generator, std)
    published = stored.pop("published", False)
    models.save(model.gpt_neox if stored.pop("bare", False) else model, HERE / name, **stored)
    if published:
        add_constants(HERE / name / "model.safetensors", config)


def add_constants(path, config):
    """What the published Pythia files hold beside the weights: masks, which are no floats, and angles."""
    size, width = config.max_position_embeddings, config.hidden_size // config.num_attention_heads
    tensors = safetensors.torch.load_file(path)
    for i in range(config.num_hidden_layers):
        at = f"gpt_neox.layers.{i}.attention."
        tensors[at + "bias"] = torch.ones(size, size, dtype=torch.bool).tril()[None, None].contiguous()
        tensors[at + "masked_bias"] = torch.tensor(-1e9)
        tensors[at + "rotary_emb.inv_freq"] = torch.ones(int(width * config.rotary_pct) // 2)
    models.save_arrays(tensors, path)


def build_tokenizer(folder):
    """A small tokenizer.json with all parts of Pythia's: NFC, byte-level BPE, a special token, runs of spaces."""
    words = tokenizers.Tokenizer(tokenizers.models.BPE())
    words.normalizer = tokenizers.normalizers.NFC()
    words.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder, words.post_processor = tokenizers.decoders.ByteLevel(), tokenizers.processors.ByteLevel()
    words.train_from_iterator(SENTENCES, tokenizers.trainers.BpeTrainer(
        vocab_size=290, special_tokens=["<|endoftext|>", "<|padding|>"], show_progress=False,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet()))
    words.add_tokens([tokenizers.AddedToken(" " * n, normalized=True) for n in range(4, 1, -1)])
    words.save(str(folder / "tokenizer.json"))
    end = "<|endoftext|>"
    settings = {"add_prefix_space": False, "bos_token": end, "eos_token": end, "unk_token": end, "tokenizer_class": "GPTNeoXTokenizer"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1) + "\n")
    known = transformers.AutoTokenizer.from_pretrained(folder)
    return {"tokens": len(known), "texts": {text: known(text)["input_ids"] for text in (*SENTENCES[:3], AWKWARD)}}


def main():
    torch.set_num_threads(1)
    summary = {"made_with": models.versions(SEED) | {"tokenizers": tokenizers.__version__}, "folders": {}}
    for number, (name, (shape, stored, lengths)) in enumerate(FOLDERS.items()):
        generator = torch.Generator().manual_seed(SEED + number)
        build(name, shape, stored, generator)
        arrays, facts = models.causal_reference("gptneox", name, lengths, generator)
        models.save_arrays(models.stored(arrays), HERE / f"{name}.safetensors")
        summary["folders"][name] = facts
    summary["tokenizer"] = build_tokenizer(HERE / "pythia")
    (HERE / "reference.json").write_text(json.dumps(summary, indent=1) + "\n")
    make_steps.make("steps_gptneox", "gptneox", STEPS, HERE)


if __name__ == "__main__":
    main()
