"""Writes the fixtures of this folder. Versions and seed: see README.md.

python make.py          (in this folder)

The files are written by the gguf package; what must be read from them is said by
gguf.quants (the element types) and by transformers' own reader of GGUF (the
models: names, order of rows, configuration).
"""
import json
import struct
import warnings

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Q
from safetensors.numpy import save_file
from transformers import AutoModelForCausalLM, LlamaConfig, Qwen2Config, set_seed
from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

warnings.filterwarnings("ignore")
rng = np.random.default_rng(11)

TYPES = [Q.F32, Q.F16, Q.BF16, Q.Q4_0, Q.Q4_1, Q.Q5_0, Q.Q5_1, Q.Q8_0, Q.Q4_K, Q.Q5_K, Q.Q6_K]
SMALL = [Q.Q2_K, Q.Q3_K]
# Where the float16 scales of a block lie.
SCALES = {Q.Q4_0: [0], Q.Q4_1: [0, 2], Q.Q5_0: [0], Q.Q5_1: [0, 2], Q.Q8_0: [0], Q.Q4_K: [0, 2], Q.Q5_K: [0, 2], Q.Q6_K: [208],
          Q.Q2_K: [80, 82], Q.Q3_K: [108]}


def random_blocks(kind, rows, blocks):
    """Any bits, but for finite scales: the widest check of the unpacking."""
    size = gguf.GGML_QUANT_SIZES[kind][1]
    raw = rng.integers(0, 256, (rows, blocks, size), dtype=np.uint8)
    for at in SCALES[kind]:
        scale = rng.normal(0, 1, (rows, blocks, 1)).astype(np.float16)
        scale[0, 0] = np.float16(5.96e-08)  # subnormal
        raw[:, :, at:at + 2] = scale.view(np.uint8)
    return raw.reshape(rows, -1)


def types(name, kinds):
    w = gguf.GGUFWriter(f"{name}.gguf", "llama")
    w.add_head_count(2)
    w.add_embedding_length(8)
    expected = {}
    for kind in kinds:
        values = rng.normal(0, 1, (2, 256)).astype(np.float32)
        if kind in SCALES:
            data = random_blocks(kind, 2, 256 // gguf.GGML_QUANT_SIZES[kind][0])
        else:
            data = gguf.quants.quantize(values, kind)
        w.add_tensor(kind.name, data, raw_dtype=None if kind in (Q.F32, Q.F16) else kind)
        expected[kind.name] = gguf.quants.dequantize(data, kind)
    finish(w)
    save_file(expected, f"{name}.safetensors")


def values():
    """Every type of metadata."""
    w = gguf.GGUFWriter("values.gguf", "llama")
    w.add_uint8("u8", 255), w.add_int8("i8", -128), w.add_uint16("u16", 65535), w.add_int16("i16", -32768)
    w.add_uint32("u32", 2**32 - 1), w.add_int32("i32", -2**31), w.add_uint64("u64", 2**63), w.add_int64("i64", -2**63)
    w.add_float32("f32", 0.1), w.add_float64("f64", 0.1), w.add_bool("yes", True), w.add_bool("no", False), w.add_string("text", "héllo ✓")
    w.add_array("texts", ["a", "", "ü"]), w.add_array("ints", [1, -2, 3]), w.add_array("floats", [0.5, -1.5]), w.add_array("bools", [True, False])
    w.add_custom_alignment(64)
    w.add_tensor("three", np.arange(6, dtype=np.float32).reshape(1, 2, 3))
    w.add_tensor("one", np.arange(5, dtype=np.float16))
    finish(w)


def finish(w):
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def permute(x, heads):
    """convert_hf_to_gguf.py of llama.cpp, LlamaModel.permute."""
    return x.reshape(heads, 2, x.shape[0] // heads // 2, *x.shape[1:]).swapaxes(1, 2).reshape(x.shape)


def model(name, config, kind, version=3, tokenizer=None):
    set_seed(5)
    arch = {"llama": gguf.MODEL_ARCH.LLAMA, "qwen2": gguf.MODEL_ARCH.QWEN2}[config.model_type]
    net = AutoModelForCausalLM.from_config(config)
    for p in net.parameters():
        torch.nn.init.normal_(p)
    w = gguf.GGUFWriter(f"{name}.gguf", config.model_type)
    w.add_context_length(config.max_position_embeddings)
    w.add_embedding_length(config.hidden_size)
    w.add_block_count(config.num_hidden_layers)
    w.add_feed_forward_length(config.intermediate_size)
    w.add_head_count(config.num_attention_heads)
    w.add_head_count_kv(config.num_key_value_heads)
    w.add_layer_norm_rms_eps(config.rms_norm_eps)
    w.add_rope_freq_base(config.rope_theta)
    if config.model_type == "llama":
        w.add_rope_dimension_count(config.head_dim)
        w.add_vocab_size(config.vocab_size)
    if config.rope_scaling and config.rope_scaling["rope_type"] == "linear":
        w.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        w.add_rope_scaling_factor(config.rope_scaling["factor"])
    tokens(w, config, tokenizer)
    names = gguf.get_tensor_name_map(arch, config.num_hidden_layers)
    if config.rope_scaling and config.rope_scaling["rope_type"] == "llama3":
        scaled, _ = ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")
        plain = 1 / config.rope_theta ** (torch.arange(0, config.head_dim, 2) / config.head_dim)
        w.add_tensor("rope_freqs.weight", (plain / scaled).numpy().astype(np.float32))
    for key, value in net.state_dict().items():
        if key == "lm_head.weight" and config.tie_word_embeddings:
            continue
        value = value.numpy()
        if config.model_type == "llama" and ("q_proj" in key or "k_proj" in key):
            value = permute(value, config.num_attention_heads if "q_proj" in key else config.num_key_value_heads)
        of = Q.F32 if value.ndim == 1 else kind
        w.add_tensor(names.get_name(key, (".weight", ".bias")), gguf.quants.quantize(value, of), raw_dtype=None if of in (Q.F32, Q.F16) else of)
    finish(w)
    if version == 2:
        with open(f"{name}.gguf", "r+b") as f:
            f.seek(4)
            f.write(struct.pack("<I", 2))
    expect(name, config, kind, net)


def tokens(w, config, kind):
    words = [f"t{i}" for i in range(config.vocab_size)]
    w.add_tokenizer_model(kind)
    w.add_token_list(words)
    w.add_token_types([3, 3] + [1] * (config.vocab_size - 2))
    if kind == "llama":
        w.add_token_scores([-float(i) for i in range(config.vocab_size)])
        w.add_unk_token_id(0)
        w.add_add_bos_token(True)
        w.add_add_space_prefix(False)
    else:
        w.add_tokenizer_pre("qwen2")
        w.add_token_merges(["a b", "ab c"])
    w.add_bos_token_id(config.bos_token_id)
    w.add_eos_token_id(config.eos_token_id)


def expect(name, config, kind, net):
    """What transformers reads from the file, in float32 (F16: exact in 16 bits)."""
    back = load_gguf_checkpoint(f"{name}.gguf", return_tensors=True, model_to_load=net)
    state = {k: v.numpy() for k, v in back["tensors"].items() if not k.startswith("rope_freqs")}
    assert set(net.state_dict()) - set(state) <= ({"lm_head.weight"} if config.tie_word_embeddings else set()), set(net.state_dict()) - set(state)
    small = {k: np.ascontiguousarray(v.astype(np.float16) if kind == Q.F16 and v.ndim == 2 else v) for k, v in state.items()}
    assert all((small[k].astype(np.float32) == state[k]).all() for k in state)
    save_file(small, f"{name}.safetensors")
    keys = ("hidden_size num_hidden_layers intermediate_size max_position_embeddings num_attention_heads num_key_value_heads rms_norm_eps "
            "rope_theta vocab_size model_type tie_word_embeddings bos_token_id eos_token_id rope_scaling").split()
    told = {k: getattr(config, k) for k in keys}
    for k in keys[:10]:
        assert np.allclose(back["config"].get(k, told[k]), told[k]) if k != "model_type" else back["config"][k] == told[k], k
    with open(f"{name}.json", "w") as f:
        json.dump(told, f, indent=1)


if __name__ == "__main__":
    types("types", TYPES)
    values()
    ids = dict(vocab_size=24, bos_token_id=1, eos_token_id=2)
    model("llama", LlamaConfig(**ids, hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2,
                               max_position_embeddings=16384, rms_norm_eps=1e-5, rope_theta=500000.0, tie_word_embeddings=True,
                               rope_scaling={"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                             "original_max_position_embeddings": 8192}), Q.Q8_0, tokenizer="llama")
    model("linear", LlamaConfig(**ids, hidden_size=24, intermediate_size=20, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2,
                                max_position_embeddings=128, rms_norm_eps=1e-6, tie_word_embeddings=False,
                                rope_scaling={"rope_type": "linear", "factor": 2.5}), Q.F16, version=2, tokenizer="llama")
    model("qwen2", Qwen2Config(**ids, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
                               max_position_embeddings=32, rms_norm_eps=1e-6, rope_theta=1000000.0, tie_word_embeddings=True), Q.F16, tokenizer="gpt2")
    rng = np.random.default_rng(12)  # its own numbers: the files above stay as they are
    types("small", SMALL)
