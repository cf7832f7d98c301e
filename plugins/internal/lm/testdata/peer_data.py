"""Batches for the peer: random ids of given lengths, and real reviews handled as the released code handles them."""

import gzip
import json
import pathlib
import random
import re

import torch
import transformers

from peer import Batch

HERE = pathlib.Path(__file__).resolve().parent
SHARED = HERE.parents[4] / "shared"
TARGETS, LENGTH = 4, 128
LENGTHS = HERE / "bench_lengths.json"


def draw_lengths(batches=16, size=8, seed=20240801):
    """Document lengths in tokens like those of reviews: lognormal, median 60, between 12 and 256."""
    source = random.Random(seed)
    return [[min(256, max(12, round(source.lognormvariate(4.0943, 0.75)))) for _ in range(size)] for _ in range(batches)]


def write_lengths():
    LENGTHS.write_text(json.dumps({"unit": "tokens of prompt and main text", "distribution": "lognormal, median 60, sigma 0.75, 12 to 256",
                                   "batches": draw_lengths()}) + "\n")


class Random:
    """Random documents with the structure of the method's."""

    def __init__(self, words, users, items, seed=1):
        self.words, self.users, self.items = words, users, items
        self.generator = torch.Generator().manual_seed(seed)

    def ids(self, first, count, rows, n):
        return first + torch.randint(count, (rows, n), generator=self.generator)

    def text(self, rows, n):
        return self.ids(0, self.words, rows, n)

    def user(self, rows):
        return self.ids(self.words, self.users, rows, 1)

    def item(self, rows, n):
        return self.ids(self.words + self.users, self.items, rows, n)

    def batch(self, step, lengths):
        """Prompt and main text of a document make up its length."""
        rows, longest = len(lengths), max(lengths)
        if step == "finetuning":
            history = [torch.cat([self.user(1), self.text(1, 3), self.item(1, n - 8), self.text(1, 4)], 1)[0] for n in lengths]
            targets = torch.zeros(rows, self.items)
            for row in targets:
                row[torch.randperm(self.items, generator=self.generator)[:TARGETS]] = 1.0
            return Batch(torch.nn.utils.rnn.pad_sequence(history, batch_first=True), live(lengths, longest), targets=targets)
        if step == "collaborative":
            prompt, main = torch.cat([self.user(rows), self.text(rows, 3)], 1), self.item(rows, longest - 4)
        else:
            prompt = torch.cat([self.user(rows), self.text(rows, 5), self.item(rows, 1), self.text(rows, 1)], 1)
            main = self.text(rows, longest - 8)
        mask = live([n - prompt.shape[1] for n in lengths], main.shape[1])
        return Batch(prompt, torch.ones_like(prompt), main * mask, mask)


def live(lengths, width):
    return (torch.arange(width)[None] < torch.tensor(lengths)[:, None]).long()


def batches(kind, step, random_source, size):
    """equal: one batch of documents of 128 tokens; real: those of bench_lengths.json."""
    if kind == "equal":
        return [random_source.batch(step, [LENGTH] * size)]
    return [random_source.batch(step, lengths) for lengths in json.loads(LENGTHS.read_text())["batches"]]


class IdTokenizer(transformers.GPT2Tokenizer):
    """GPT-2's Python tokenizer; user_i and item_j are cut out first and are one token each."""

    def prepare(self, users, items):
        self.special = {f"user_{i}": self.vocab_size + i for i in range(users)}
        self.special |= {f"item_{j}": self.vocab_size + users + j for j in range(items)}
        return self

    def _tokenize(self, text):
        tokens = []
        for piece in re.split(r"(user_\d+|item_\d+)", text):
            piece = piece.rstrip()
            tokens += [piece] if piece in self.special else super()._tokenize(piece)
        return tokens

    def numbers(self, tokens):
        return [self.special[t] if t in self.special else self.encoder[t] for t in tokens]

    def encode_batch(self, texts):
        """(ids, mask) [B,T], padded with 0. Every text is tokenised twice, as in the released code: for the length, for the ids."""
        longest = max(len(self._tokenize(text)) for text in texts)
        rows = [self.numbers(self._tokenize(text)) for text in texts]
        ids = [row + [0] * (longest - len(row)) for row in rows]
        return torch.tensor(ids), torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])


def write_tokenizer(folder, words):
    """GPT-2's vocab.json and merges.txt with the first `words` tokens: bytes first, then one token per merge."""
    source = SHARED / "models" / "tokenizer-gpt2"
    vocabulary = json.loads((source / "vocab.json").read_text())
    merges = (source / "merges.txt").read_text().split("\n")
    kept = {token: i for token, i in vocabulary.items() if i < words}
    (folder / "vocab.json").write_text(json.dumps(kept, ensure_ascii=False))
    (folder / "merges.txt").write_text("\n".join(merges[:1 + min(words, 50256) - 256]) + "\n")


def reviews(limit):
    """[(prompt, main text)] of the first reviews of Musical Instruments, users and items numbered as they appear; users; items."""
    users, items, documents = {}, {}, []
    with gzip.open(SHARED / "data" / "amazon-musical-instruments" / "reviews_Musical_Instruments_5.json.gz", "rt") as lines:
        for line in lines:
            row = json.loads(line)
            user, item = users.setdefault(row["reviewerID"], len(users)), items.setdefault(row["asin"], len(items))
            if row["reviewText"].strip() and len(documents) < limit:
                documents.append((f"user_{user} wrote the following review for item_{item}:", row["reviewText"]))
    return documents, len(users), len(items)


def collate(tokenizer, documents, longest):
    """A batch of texts, tokenised and padded each time it is asked for; the main text is cut at the model's length."""
    prompts, mains = zip(*documents)
    (prompt, prompt_mask), (main, main_mask) = tokenizer.encode_batch(prompts), tokenizer.encode_batch(mains)
    room = longest - prompt.shape[1]
    return Batch(prompt, prompt_mask, main[:, :room], main_mask[:, :room])
