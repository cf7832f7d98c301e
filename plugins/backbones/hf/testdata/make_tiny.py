"""Makes testdata/tiny, a GPT-2 with random weights and a vocabulary of bytes and a few merges, and
testdata/tiny.json, what transformers computes with it in float64, one text at a time.

    python testdata/make_tiny.py            # transformers 4.57.1, torch 2.8.0, tokenizers 0.22.2
"""

import json
import os

import reference
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel

HERE = os.path.dirname(os.path.abspath(__file__))
TEXTS = ["A reader buys a book of poems, then a pen.", "a good thing of its kind", "Ein guter Stift – und weiß", "pen"]


def tokenizer(path):
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=["<|endoftext|>"], initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
    made.train_from_iterator(TEXTS, trainer)
    made.save(path)
    return made.get_vocab_size()


def main():
    out = os.path.join(HERE, "tiny")
    os.makedirs(out, exist_ok=True)
    words = tokenizer(os.path.join(out, "tokenizer.json"))
    torch.manual_seed(1)
    # Wider than usual, for states and losses that differ from word to word.
    model = GPT2LMHeadModel(GPT2Config(vocab_size=words, n_positions=64, n_embd=16, n_layer=2, n_head=2, initializer_range=0.5, bos_token_id=0, eos_token_id=0))
    model.save_pretrained(out)
    os.remove(os.path.join(out, "generation_config.json"))
    with open(os.path.join(out, "tokenizer_config.json"), "w", encoding="utf-8") as file:
        json.dump({"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|endoftext|>"}, file)
    reference.write(out, TEXTS, os.path.join(HERE, "tiny.json"))


if __name__ == "__main__":
    main()
