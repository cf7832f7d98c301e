"""Small random models in the Hugging Face layout, and how they are loaded in one precision.

Shared by the make_reference.py of every backbone and by make_steps.py.
"""

import contextlib
import json
import math
import pathlib
import platform

import safetensors.torch
import torch
import transformers
from torch.overrides import TorchFunctionMode
from transformers.models.t5.modeling_t5 import T5Attention

BACKBONES = pathlib.Path(__file__).resolve().parents[3] / "backbones"


class Double(TorchFunctionMode):
    """Where transformers computes in float32 whatever the weights are (norms, softmax, rotary angles), compute in float64."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        def wide(x):
            return torch.float64 if x is torch.float32 else x
        function = torch.Tensor.double if function is torch.Tensor.float else function
        return function(*map(wide, args), **{k: wide(v) for k, v in (kwargs or {}).items()})


def _bucket_in_float32(*args, **kwargs):
    """T5's logarithmic buckets are defined by float32 logarithms: on the edge of a bucket float64 may choose another."""
    with torch._C.DisableTorchFunction():
        return _BUCKET(*args, **kwargs)


_BUCKET = T5Attention._relative_position_bucket
T5Attention._relative_position_bucket = staticmethod(_bucket_in_float32)


def precision(dtype):
    """The context in which a loaded model of this dtype runs."""
    return Double() if dtype == torch.float64 else contextlib.nullcontext()


def load(backbone, folder, dtype):
    """The language model of a folder, frozen, without dropout, attention computed step by step."""
    kind = transformers.AutoModelForSeq2SeqLM if backbone == "t5" else transformers.AutoModelForCausalLM
    model = kind.from_pretrained(BACKBONES / backbone / "testdata" / folder, dtype=dtype, attn_implementation="eager")
    with precision(dtype):
        for module in model.modules():  # the rotary frequencies are computed, not stored
            if hasattr(module, "rope_init_fn"):
                module.inv_freq, module.attention_scaling = module.rope_init_fn(module.config, None)
                module.original_inv_freq = module.inv_freq
    return model.eval().requires_grad_(False)


def reset_rotary(model):
    """Forget how long earlier sequences were: dynamic scaling follows the sequence at hand and nothing else."""
    for module in model.modules():
        if hasattr(module, "original_inv_freq"):
            module.inv_freq, module.max_seq_len_cached = module.original_inv_freq, module.original_max_seq_len


def randomise(model, generator, std):
    """Every parameter random: std(name) for matrices, 0.1 for biases, 1 + 0.1 noise for norms."""
    with torch.no_grad():
        for name, value in model.named_parameters():
            noise = torch.randn(value.shape, generator=generator)
            is_norm = value.dim() == 1 and name.endswith("weight")
            value.copy_(1 + 0.1 * noise if is_norm else (std(name) if value.dim() > 1 else 0.1) * noise)


def save(model, folder, dtype=torch.float32, shard="1GB", extra_tensors=None, extra_config=None):
    """Write a folder as transformers does; extra tensors and keys as some published folders have them."""
    model = model.to(dtype)
    model.config.dtype = dtype
    model.save_pretrained(folder, safe_serialization=True, max_shard_size=shard)
    (folder / "generation_config.json").unlink(missing_ok=True)
    if extra_tensors:
        path = folder / "model.safetensors"
        kept = safetensors.torch.load_file(path)
        safetensors.torch.save_file(kept | {k: v.to(dtype).contiguous() for k, v in extra_tensors(model).items()}, path, {"format": "pt"})
    if extra_config:
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | extra_config, indent=2, sort_keys=True) + "\n")
    for path in folder.iterdir():
        path.chmod(0o644)


def versions(seed):
    return {"python": platform.python_version(), "torch": torch.__version__,
            "transformers": transformers.__version__, "safetensors": safetensors.__version__, "seed": seed}


def distance(a, b):
    """Largest difference over the largest value, as the Go tests measure it."""
    return ((a.double() - b).abs().max() / b.abs().max().clamp_min(1e-30)).item()


def padded(rows):
    """[B,T,...] of sequences [T_b,...], zero beyond each length."""
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)


def draw(words, lengths, generator):
    return [torch.randint(0, words, (n,), generator=generator) for n in lengths]


def stored(arrays):
    """As the files keep them: float64 results rounded to float32, which is far finer than the tolerances."""
    return {k: (v.float() if v.is_floating_point() else v).contiguous() for k, v in arrays.items()}


def save_arrays(arrays, path):
    safetensors.torch.save_file(arrays, path)
    path.chmod(0o644)


def _states(model, ids):
    reset_rotary(model)
    with torch.no_grad():
        done = model.base_model(input_ids=ids[None], use_cache=False, output_attentions=True)
        hidden = done.last_hidden_state[0]
        return hidden, model.get_output_embeddings()(hidden), done.attentions[-1][0, :, -1]


def _run(backbone, name, rows, dtype):
    """[(hidden [T,K], logits [T,N], attention of the last position [H,T])] of each sequence."""
    model = load(backbone, name, dtype)
    with precision(dtype):
        return [_states(model, ids) for ids in rows]


def causal_reference(backbone, name, lengths, generator):
    """Random sequences, what a decoder-only model of a folder makes of each in float64, and facts about that."""
    words = transformers.AutoConfig.from_pretrained(BACKBONES / backbone / "testdata" / name).vocab_size
    rows = draw(words, lengths, generator)
    done = {dtype: _run(backbone, name, rows, dtype) for dtype in (torch.float64, torch.float32, torch.bfloat16)}
    exact = done[torch.float64]
    losses = torch.cat([torch.nn.functional.cross_entropy(logits[:-1], ids[1:], reduction="none")
                        for ids, (_, logits, _) in zip(rows, exact)])
    arrays = {"ids": padded(rows), "lengths": torch.tensor(lengths), "hidden": padded([x[0] for x in exact]),
              "logits": padded([x[1] for x in exact]), "token_losses": losses}
    facts = {"next_token_loss": losses.mean().item(), "predicted_tokens": losses.numel(), "loss_of_uniform": math.log(words),
             "largest_attention_weight_of_last_position": exact[0][2].max(-1).values.tolist()}
    for kind in (torch.float32, torch.bfloat16):
        facts[f"{str(kind)[6:]}_pytorch_distance"] = {
            what: distance(padded([x[at] for x in done[kind]]), arrays[what])
            for at, what in enumerate(("hidden", "logits"))}
    return arrays, facts
