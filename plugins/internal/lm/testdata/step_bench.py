"""Times the method's training steps in plain PyTorch: the peer (peer.py) of this project's own benchmarks.

    python plugins/internal/lm/testdata/step_bench.py [--backbone gpt2|t5|llama] [--shapes tiny,small] [--steps content] [--lengths equal|real]
        [--attention eager|sdpa] [--threads 2] [--dropout 0.1] [--repeats 0] [--batch 0] [--device cpu] [--dtype float32]
    python plugins/internal/lm/testdata/step_bench.py --epoch 2000 [--words 2048] [--save FOLDER]

Prints one JSON object; times are seconds of whole steps (forward, backward, Adam) after one warm-up. equal: a batch of 8 documents of
128 tokens, repeated; real: a pass over the batches of bench_lengths.json. eager is the attention of the transformers that the released code
pins (4.24); sdpa is what today's chooses. Random weights and ids, seed 1. Read the times beside load_average: on a busy machine the
threads of PyTorch wait for each other. --epoch: one pass of the content objective over that many real reviews, tokenised and padded in every
batch as the released code does, on the tiny shape. --save keeps its texts and its tokenizer, for another program to take the same.
"""

import argparse
import json
import os
import pathlib
import platform
import resource
import statistics
import tempfile
import time

import torch
import transformers

import peer
import peer_data

STEPS = ("collaborative", "content", "finetuning")
REPEATS = {"tiny": 20, "small": 3}
OLDER_NAMES = {"gpt2-small": "small"}


def matmul_gflops(device, dtype, n=2048, repeats=7):
    """The machine's own rate: the best of a few matrix products."""
    a, b = (torch.randn(n, n, device=device, dtype=dtype) for _ in range(2))
    return 2 * n**3 / min(timed(device, lambda: torch.mm(a, b)) for _ in range(repeats)) / 1e9


def timed(device, work):
    if device != "cpu":
        torch.cuda.synchronize()
    start = time.perf_counter()
    work()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def sizes(options, shape):
    """(size, words, users, items) of a shape."""
    size = OLDER_NAMES.get(shape, shape)
    return (size, 2048 if size == "tiny" else peer.WORDS[options.backbone], *peer.USERS_ITEMS[size])


def build(options, size, words, users, items):
    settings = peer.config(options.backbone, size, words, options.dropout, options.attention)
    return peer.Peer(settings, users, items, options.device, getattr(torch, options.dtype))


def measure(options, shape):
    size, words, users, items = sizes(options, shape)
    bench, source = build(options, size, words, users, items), peer_data.Random(words, users, items)
    return [timing(options, shape, size, bench, step, peer_data.batches(options.lengths, step, source, options.batch or 8))
            for step in options.steps.split(",")]


def timing(options, shape, size, bench, step, batches):
    """One row: median_s, min_s and tokens of a step; pass_s, pass_tokens of the best pass over all batches, pass_median_s of the middle one."""
    batches = [b.to(options.device) for b in batches]
    passes = options.repeats or (REPEATS[size] if len(batches) == 1 else 3 if size == "tiny" else 1)
    bench.step(step, batches[0])
    times = [[timed(options.device, lambda b=b: bench.step(step, b)) for b in batches] for _ in range(passes)]
    every = [t for one in times for t in one]
    tokens = sum(b.tokens() for b in batches)
    return {"backbone": options.backbone, "shape": shape, "step": step, "lengths": options.lengths, "attention": options.attention,
            "median_s": statistics.median(every), "min_s": min(every), "repeats": passes, "tokens": tokens / len(batches),
            "pass_s": min(map(sum, times)), "pass_median_s": statistics.median(map(sum, times)), "pass_tokens": tokens, "pass_batches": len(batches),
            "padded_tokens": sum(b.padded() for b in batches)}


def epoch(options):
    """Seconds of the second of two passes over real reviews, split into data and steps."""
    documents, users, items = peer_data.reviews(options.epoch)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(options.save or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        peer_data.write_tokenizer(folder, options.words)
        save_documents(folder, documents, users, items)
        tokenizer = peer_data.IdTokenizer(folder / "vocab.json", folder / "merges.txt").prepare(users, items)
    bench, size = build(options, "tiny", options.words, users, items), options.batch or 20
    first = one_pass(options, bench, tokenizer, documents, size)
    second = one_pass(options, bench, tokenizer, documents, size)
    return {"backbone": options.backbone, "attention": options.attention, "documents": len(documents), "words": options.words,
            "users": users, "items": items, "batch": size, **second, "first_pass": first}


def save_documents(folder, documents, users, items):
    text = {"users": users, "items": items, "documents": [{"prompt": p, "main": m} for p, m in documents]}
    (folder / "documents.json").write_text(json.dumps(text, ensure_ascii=False) + "\n")


def one_pass(options, bench, tokenizer, documents, size):
    data_s, step_s, tokens, padded = 0.0, 0.0, 0, 0
    for at in range(0, len(documents), size):
        start = time.perf_counter()
        batch = peer_data.collate(tokenizer, documents[at:at + size], 256).to(options.device)
        data_s += time.perf_counter() - start
        step_s += timed(options.device, lambda: bench.step("content", batch))
        tokens, padded = tokens + batch.tokens(), padded + batch.padded()
    return {"epoch_s": data_s + step_s, "data_s": data_s, "step_s": step_s, "tokens": tokens, "padded_tokens": padded}


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--backbone", choices=("gpt2", "t5", "llama"), default="gpt2")
    parser.add_argument("--shapes", default="tiny,small")
    parser.add_argument("--steps", default=",".join(STEPS))
    parser.add_argument("--lengths", choices=("equal", "real"), default="equal")
    parser.add_argument("--attention", choices=("eager", "sdpa"), default="eager")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dropout", type=float, default=0.1, help="of gpt2 and t5; llama has none")
    parser.add_argument("--repeats", type=int, default=0, help="0: each shape's own")
    parser.add_argument("--batch", type=int, default=0, help="0: 8 documents, in --epoch 20")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="of the frozen model")
    parser.add_argument("--epoch", type=int, default=0, help="documents of an epoch; 0: time steps")
    parser.add_argument("--words", type=int, default=2048, help="vocabulary of --epoch: the first tokens of GPT-2's")
    parser.add_argument("--save", default="", help="folder for the tokenizer and texts of --epoch")
    parser.add_argument("--write-lengths", action="store_true", help="write bench_lengths.json and stop")
    options = parser.parse_args()
    if options.backbone == "t5" and options.attention == "sdpa":
        parser.error("transformers has only eager attention for t5: leave --attention out")
    return options


def main():
    options = parse()
    if options.write_lengths:
        return peer_data.write_lengths()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    shapes = options.shapes.split(",")
    rows = {"epoch": epoch(options)} if options.epoch else {
        "shapes": {name: dict(zip(("size", "words", "users", "items"), sizes(options, name))) for name in shapes},
        "steps": [row for name in shapes for row in measure(options, name)]}
    print(json.dumps({"python": platform.python_version(), "torch": torch.__version__, "transformers": transformers.__version__,
                      "device": options.device, "dtype": options.dtype, "threads": options.threads, "dropout": options.dropout,
                      "matmul_gflops": matmul_gflops(options.device, getattr(torch, options.dtype)),
                      "load_average": os.getloadavg()[0],
                      "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, **rows}, indent=1))


if __name__ == "__main__":
    main()
