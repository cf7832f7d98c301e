"""Writes GGUF files as convert_hf_to_gguf.py of llama.cpp lays them out, and what must be computed from them.

    python plugins/backbones/llama/testdata/make_gguf.py

after make_reference.py, in the same environment plus the gguf package. README.md beside this file says what is what.
"""

import json
import pathlib
import sys
import tempfile

import gguf
import torch
import transformers

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "internal" / "lm" / "testdata"))

import models
from make_reference import std

SEED = 20240717
F32, Q8_0 = gguf.GGMLQuantizationType.F32, gguf.GGMLQuantizationType.Q8_0
TEXT = "the hat: in that, Ünd then the thin hat\n"
PIECES = ["\u2581t", "he", "\u2581the", "in", "hi", "at", "\u2581th", "en", "hat"] + list("\u2581thenia")


def permute(rows, heads):
    """llama.cpp turns neighbouring numbers of a head, transformers the two halves of a head."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(rows.shape)


def describe(writer, config):
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_vocab_size(config.vocab_size)


def add_tokenizer(writer, words):
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)] + PIECES
    tokens += [f"unused{i}" for i in range(words - len(tokens))]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * 259 + [-float(i) for i in range(words - 259)])
    writer.add_token_types([2, 3, 3] + [6] * 256 + [1] * (words - 259))
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(True)


def convert(model, path, kind, tokenizer=False):
    """Write a file; the model gets the weights that the file can say."""
    config = model.config
    writer = gguf.GGUFWriter(path, "llama")
    describe(writer, config)
    if tokenizer:
        add_tokenizer(writer, config.vocab_size)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    for name, value in model.named_parameters():
        rows = value.detach().numpy()
        of = F32 if rows.ndim == 1 else kind
        turned = next((permute(rows, n) for part, n in heads.items() if part in name), rows)
        writer.add_tensor(names.get_name(name, (".weight",)), gguf.quants.quantize(turned, of), raw_dtype=None if of == F32 else of)
        said = gguf.quants.dequantize(gguf.quants.quantize(rows, of), of)  # rows are quantised each by itself: their order is no matter
        with torch.no_grad():
            value.copy_(torch.from_numpy(said.copy()))
    for write in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file, writer.close):
        write()
    path.chmod(0o644)


def reference(model, lengths, generator):
    """Hidden states and logits in float64, of the weights that the file says."""
    rows = models.draw(model.config.vocab_size, lengths, generator)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        double = models.load("llama", folder, torch.float64)
    with models.precision(torch.float64), torch.no_grad():
        hidden = [double.base_model(input_ids=ids[None], use_cache=False).last_hidden_state[0] for ids in rows]
        logits = [double.lm_head(h) for h in hidden]
    return {"ids": models.padded(rows), "lengths": torch.tensor(lengths), "hidden": models.padded(hidden), "logits": models.padded(logits)}


def main():
    torch.set_num_threads(1)
    convert(models.load("llama", "small-b", torch.float32), HERE / "small-b.gguf", F32)
    generator = torch.Generator().manual_seed(SEED)
    config = transformers.LlamaConfig(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
                                      vocab_size=300, max_position_embeddings=64, rope_theta=1000.0, rms_norm_eps=1e-5, tie_word_embeddings=False)
    model = transformers.LlamaForCausalLM(config)
    models.randomise(model, generator, std)
    convert(model, HERE / "q8_0.gguf", Q8_0, tokenizer=True)
    models.save_arrays(models.stored(reference(model, [20, 5, 1], generator)), HERE / "q8_0.safetensors")
    words = transformers.AutoTokenizer.from_pretrained(HERE, gguf_file="q8_0.gguf")
    facts = {"made_with": models.versions(SEED) | {"gguf": "0.19.0"}, "text": TEXT, "ids": words(TEXT)["input_ids"]}
    (HERE / "q8_0.json").write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()
