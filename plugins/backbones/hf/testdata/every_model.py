"""Tries every kind of causal language model that transformers has: a small one with random weights is made, saved, read
as this plugin reads texts, in one padded pass, and as the plugin zeroshot does, behind a prompt that is read once, and held against transformers
called plainly, one text at a time.

    python testdata/every_model.py [model_type ...]

One line for each kind: holds, with what keeps a prompt from being read once, if anything does; refused with the reason; or not tried, where its sizes
cannot be made small by the usual names.
"""

import json
import logging
import os
import resource
import shutil
import sys
import tempfile
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
import cllm4rec
import numpy as np
import torch
import transformers
from cllm4rec import causal
from cllm4rec.causal.continuing import Continuations
from cllm4rec.causal.reading import Reader
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING as KINDS

TEXTS = ["A reader buys a book of poems, then a pen.", "a good thing", "Ein guter Stift"]
SMALL = {
    "vocab_size": 300, "hidden_size": 32, "n_embd": 32, "d_model": 32, "dim": 32, "embedding_size": 32, "word_embed_proj_dim": 32, "num_hidden_layers": 2,
    "n_layer": 2, "n_layers": 2, "num_layers": 2, "num_attention_heads": 4, "n_head": 4, "n_heads": 4, "num_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
    "intermediate_size": 48, "ffn_dim": 48, "n_inner": 48, "d_inner": 48, "ffn_hidden_size": 48, "dim_ff": 48, "moe_intermediate_size": 16,
    "shared_expert_intermediate_size": 16, "max_position_embeddings": 64, "n_positions": 64, "n_ctx": 64, "max_seq_len": 64, "seq_length": 64,
    "num_experts": 4, "num_local_experts": 4, "n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 1, "topk_group": 1, "pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 0,
    "decoder_layers": 2, "decoder_attention_heads": 4, "decoder_ffn_dim": 48, "attention_heads": 4, "max_target_positions": 64,
    "sliding_window": 12,  # so that some texts fit into it, and some do not
}
MOST = 20_000_000  # weights


def make(kind, path):
    """A small model of a kind in a folder; why there is none."""
    config = kind()
    text = config.get_text_config()
    for c in {id(config): config, id(text): text}.values():
        for name, value in SMALL.items():
            if isinstance(getattr(c, name, None), int) or name.endswith("token_id"):
                setattr(c, name, value)
        if isinstance(getattr(c, "layer_types", None), list):
            c.layer_types = c.layer_types[:2]
    if config.is_encoder_decoder:
        return "the decoder of an encoder-decoder"
    with torch.device("meta"):
        size = sum(p.numel() for p in transformers.AutoModelForCausalLM.from_config(config).parameters())
    if size > MOST:
        return f"{size:,} weights at these sizes"
    torch.manual_seed(1)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    for name, weight in model.named_parameters():
        if weight.dim() > 1:
            torch.nn.init.normal_(weight, std=0.2)
    model.save_pretrained(path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(os.path.join(HERE, "tiny", name), path)
    return ""


PROMPT = 2  # of TEXTS


def whole(ids):
    """One text. With a mask of ones, which means what none means: without one Moshi forgets its window."""
    return {"input_ids": torch.tensor([ids]), "attention_mask": torch.ones((1, len(ids)), dtype=torch.long)}


def plainly(path):
    """Losses, and vectors of both poolings, one text at a time; then how likely each is behind a prompt."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()
    out, texts = [], tokenizer(TEXTS).input_ids
    for ids in texts:
        with torch.no_grad():
            got = model(**whole(ids))
            states = (model.base_model if model.base_model is not model else model.get_decoder())(**whole(ids)).last_hidden_state[0]
        log_p = torch.log_softmax(got.logits[0].float(), -1)
        out.append((-sum(float(log_p[i - 1, ids[i]]) for i in range(1, len(ids))), states.mean(0).numpy(), states[-1].numpy()))
    behind = []
    for ids in texts:
        with torch.no_grad():
            log_p = torch.log_softmax(model(**whole(texts[PROMPT] + ids)).logits[0].float(), -1)
        behind.append(sum(float(log_p[len(texts[PROMPT]) + i - 1, word]) for i, word in enumerate(ids)))
    return out, behind


def held(path, plain):
    """How far the plugins' numbers are from the plain ones, and why a prompt is not read once."""
    plain, behind = plain
    causal.check(path, "cpu")
    r = Reader(path, dtype="float32", device="cpu", threads=1, micro_batch=4096, max_length=0 if hasattr(transformers.AutoConfig.from_pretrained(path).get_text_config(), "max_position_embeddings") else 64)
    texts = [np.array(ids, np.int32) for ids in r.encode(TEXTS)]
    nll = r.nll([cllm4rec.Words(t, 1) for t in texts])
    mean, last = (r.embed(texts, pooling) for pooling in ("mean", "last"))
    worst = 0.0
    for i, (loss, m, l) in enumerate(plain):
        worst = max(worst, abs(nll[i] - loss) / max(1, abs(loss)))
        for a, b in ((mean[i], m), (last[i], l)):
            worst = max(worst, float(np.abs(a - b).max()) / max(1.0, float(np.abs(b).max())))
    c = Continuations(r)
    for ask in (list(range(len(texts))), *([i] for i in range(len(texts)))):  # together and alone
        for i, found in zip(ask, c.log_likelihoods(texts[PROMPT], [texts[i] for i in ask])):
            worst = max(worst, abs(found - behind[i]) / max(1, abs(behind[i])))
    return worst, c.unshared


def tell(name, verdict, why):
    print(f"{verdict:10} {name:28} {' '.join(str(why).split())[:200]}", flush=True)


def attempt(kind):
    with tempfile.TemporaryDirectory() as path:
        try:
            reason = make(kind, path)
            plain = [] if reason else plainly(path)
        except Exception as e:  # one of two hundred configurations, each with wishes of its own
            return "not tried", f"{type(e).__name__}: {e}"
        if reason:
            return "not tried", reason
        try:
            apart, unshared = held(path, plain)
        except cllm4rec.errors.Error as e:
            return "refused", str(e).replace(path, "it")
        except Exception as e:
            return "FAILS", f"{type(e).__name__}: {e}"
    return ("holds" if apart < 1e-4 else "FAILS"), f"{apart:.1e} apart" + (f"; every prompt is read again: {unshared}" if unshared else "")


def apart_from_us(kind):
    """An attempt in a process of its own, with bounded memory: some of these sizes end one."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))
        os.write(writing, json.dumps(attempt(kind)).encode()[:60000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return json.loads(said) if said else ("not tried", f"its process ended with status {status}")


def main(wanted):
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    transformers.logging.set_verbosity_error()
    counts = {}
    for kind in sorted(set(KINDS.keys()), key=lambda k: k.model_type):
        if not wanted or kind.model_type in wanted:
            verdict, why = apart_from_us(kind)
            counts[verdict] = counts.get(verdict, 0) + 1
            tell(kind.model_type, verdict, why)
    print(counts)


if __name__ == "__main__":
    main(sys.argv[1:])
