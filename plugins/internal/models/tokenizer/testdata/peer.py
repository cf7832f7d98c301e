"""Times tokenizers' encode_batch: python peer.py KIND FOLDER REVIEWS

KIND is gpt2, t5 or llama, REVIEWS the gzip'd reviews. Prints, of the fastest of three passes over all
texts on all processors, the seconds and the seconds of processors; before them the cache of words was
filled by one pass.
"""

import gzip
import json
import sys
import time

from tokenizers import Tokenizer
from transformers import GPT2TokenizerFast, LlamaTokenizerFast

kind, folder, reviews = sys.argv[1:]
with gzip.open(reviews, "rt", encoding="utf-8") as lines:
    texts = [json.loads(line)["reviewText"] for line in lines]
if kind == "gpt2":
    tokenizer = GPT2TokenizerFast.from_pretrained(folder).backend_tokenizer
elif kind == "llama":
    tokenizer = LlamaTokenizerFast.from_pretrained(folder).backend_tokenizer
else:
    tokenizer = Tokenizer.from_file(folder + "/tokenizer.json")


def once():
    start, work = time.perf_counter(), time.process_time()
    tokenizer.encode_batch(texts, add_special_tokens=False)
    return time.perf_counter() - start, time.process_time() - work


once()
print(*(min(of) for of in zip(*(once() for _ in range(3)))))
