"""Writes the fixtures of every kind of tokenizer with Hugging Face tokenizers and transformers.

    python plugins/internal/models/tokenizer/testdata/make_pipelines.py MODELS REVIEWS

MODELS holds tokenizer-gpt2, tokenizer-t5, tokenizer-llama and stories260K, REVIEWS is the official
reviews_Musical_Instruments_5.json.gz. They are not kept in this project: models/*.json.gz holds ids only, and the tests that need the originals are skipped, loudly,
where they are absent. pipelines/ holds small tokenizers, trained here on awkward.json (which
make_awkward.py writes), with the ids of all awkward strings; parts.json.gz holds the ids of variations
of two of them, one for every normalizer and pre-tokenizer; characters.json.gz holds digests over all characters.
Python 3.11.7, tokenizers 0.22.2, transformers 4.57.1, sentencepiece 0.2.3; seed 11.
"""

import base64
import codecs
import gzip
import hashlib
import io
import itertools
import json
import pathlib
import random
import shutil
import struct
import sys
import tempfile

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import GPT2TokenizerFast, LlamaTokenizerFast, T5TokenizerFast

HERE = pathlib.Path(__file__).resolve().parent
SEED = 11
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace("{1,3}", "")
BYTES = [f"<0x{b:02X}>" for b in range(256)]


def awkward():
    """The awkward strings; a byte that is not UTF-8 becomes U+FFFD."""
    codecs.register_error("each", lambda e: ("\ufffd", e.start + 1))
    entries = json.loads((HERE / "awkward.json").read_text())
    return [e["text"] if "text" in e else base64.b64decode(e["base64"]).decode("utf-8", "each") for e in entries]


def ids(tokenizer, texts):
    return [tokenizer.encode(t, add_special_tokens=False).ids for t in texts]


def write(path, value):
    """The same bytes every time."""
    path = HERE / path
    path.parent.mkdir(exist_ok=True)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as out:
        out.write(text)


def save(name, tokenizer, texts):
    """A small tokenizer with the ids of texts; None stands for the awkward strings."""
    folder = HERE / "pipelines" / name
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    write(f"pipelines/{name}.json.gz", {"texts": texts, "ids": ids(tokenizer, texts or awkward())})


def byte_level(texts, pre, normalizer=None, size=480, **model):
    """A byte-level tokenizer with the pre-tokenizers before ByteLevel."""
    tokenizer = Tokenizer(models.BPE(**model))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    return tokenizer


def character_level(texts, size=620):
    """A tokenizer as transformers makes it of LLaMA's: characters, byte fallback, ▁ for spaces."""
    learner = Tokenizer(models.BPE(unk_token="<unk>"))
    learner.pre_tokenizer = pre_tokenizers.Metaspace()
    learner.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, limit_alphabet=120, special_tokens=["<unk>", "<s>", "</s>"] + BYTES, show_progress=False))
    learned = json.loads(learner.to_str())["model"]
    tokenizer = Tokenizer(models.BPE(learned["vocab"], [tuple(m) for m in learned["merges"]], unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.add_special_tokens([AddedToken(t, normalized=False) for t in ("<unk>", "<s>", "</s>")])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return tokenizer


def charsmap():
    """A small precompiled map, made by sentencepiece's trainer."""
    rules = {"ﬁ": "fi", "ﬂ": "fl", "①": "1", "②": "2", "㎏": "kg", "™": "TM", "½": "1/2", "A\u030a": "\u00c5", "e\u0301": "\u00e9", "\u00c9": "E\u0301", "\u304b\u3099": "\u304c", "…": "...", "\u3000": " ", "\u00a0": " ",
             "\t": " ", "\n": " ", "\r": " ", "\u200b": "", "\x01": "", "\x7f": "", "\ufeff": "", "ﷺ": "صلى الله عليه وسلم", "“": "\"", "”": "\""}
    rules.update({chr(0xff01 + i): chr(0x21 + i) for i in range(94)})
    with tempfile.TemporaryDirectory() as folder:
        table = pathlib.Path(folder, "rules.tsv")
        table.write_text("".join(" ".join(f"{ord(c):X}" for c in a) + "\t" + " ".join(f"{ord(c):X}" for c in b) + "\n" for a, b in rules.items()))
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["a b c d e f g"] * 9), model_writer=model, vocab_size=12, model_type="char", normalization_rule_tsv=str(table), minloglevel=2)
    from sentencepiece.sentencepiece_model_pb2 import ModelProto
    proto = ModelProto()
    proto.ParseFromString(model.getvalue())
    return proto.normalizer_spec.precompiled_charsmap


def unigram(name, texts, pre, blob):
    """The trainer does not give the same twice, so what is there stays."""
    there = HERE / "pipelines" / name / "tokenizer.json"
    if there.exists():
        return Tokenizer.from_file(str(there))
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Precompiled(blob)
    tokenizer.pre_tokenizer = pre
    tokenizer.train_from_iterator([t for t in texts if all(c < "\u017f" for c in t)], trainers.UnigramTrainer(
        vocab_size=600, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False))
    model = json.loads(tokenizer.to_str())
    model["model"]["vocab"] = [[p, round(s, 4)] for p, s in model["model"]["vocab"]]
    model["post_processor"] = json.loads(processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)]).__getstate__())
    return Tokenizer.from_str(json.dumps(model))


def mixtures(pieces, count, longest=9):
    draw = random.Random(SEED)
    return ["".join(draw.choice(pieces) for _ in range(draw.randint(1, longest))) for _ in range(count)]


def part_variations():
    """(base, normalizer, pre_tokenizer) of every kind."""
    none, n, p = None, normalizers, pre_tokenizers
    old = n.Sequence([n.Prepend("▁"), n.Replace(" ", "▁")])
    for normalizer in (n.NFC(), n.NFD(), n.NFKC(), n.NFKD(), n.Lowercase(), n.Nmt(), n.Strip(True, True), n.Strip(True, False), n.Strip(False, True),
                       n.Prepend("▁"), n.Replace(" ", "▁"), n.Replace("a", ""), n.Replace(Regex(" {2,}"), "▁"), old,
                       n.Sequence([n.NFKC(), n.Lowercase(), n.Strip(), n.Replace(Regex(" {2,}"), " ")])):
        yield "characters", normalizer, none
    for scheme, cut in itertools.product(("always", "first", "never"), (True, False)):
        yield "characters", none, p.Metaspace(prepend_scheme=scheme, split=cut)
    yield "characters", none, p.Sequence([p.WhitespaceSplit(), p.Metaspace()])
    yield "characters", none, p.Sequence([p.WhitespaceSplit(), p.Metaspace(prepend_scheme="first")])
    yield "characters", n.NFC(), p.Sequence([p.Digits(True), p.Metaspace(prepend_scheme="first", split=False)])
    yield "characters", none, p.Digits(True)
    yield "characters", none, p.Digits(False)
    yield "characters", none, p.WhitespaceSplit()
    for how, invert in itertools.product(("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"), (False, True)):
        yield "characters", none, p.Split(" ", how, invert)
        yield "characters", none, p.Split("aa", how, invert)
        yield "bytes", none, p.Sequence([p.Split(Regex(LLAMA3), how, invert), p.ByteLevel(add_prefix_space=False, use_regex=False)])
    for prefix, regex in itertools.product((True, False), (True, False)):
        yield "bytes", none, p.ByteLevel(add_prefix_space=prefix, use_regex=regex)
    yield "bytes", none, p.Sequence([p.Digits(True), p.ByteLevel(add_prefix_space=True)])


def part_texts():
    pieces = ["a", "aa", "aaa", "b", " ", "  ", "   ", "\n", "\t", "\r\n", "1", "23", "½", "٣", "Ⅷ", "▁", "the", " The", "É", "e\u0301", "ﬁ", "İ", "Σ", "ς", "가", "가", "\u0323\u0307", "\u0345\u0301",
              "\u1e0b\u0323", "\u0305" * 40, "\u0301\u0316" * 20, "Ⱥ", "\u1c89", "\ua7cb", "\u200b", "\x01", "\x7f", "\x9f", "\ufeff", "\ufffd", "\u00a0", "\u3000", "\u2028", "㋿", "\U00011935\U00011930", "\U00011938",
              "\u0898", "\U0001e030", "'s", "'S", "'ſ", "'RE", "don't", "!", "...", "-", "😀", "日本", "ß", "c\u0327\u030c", "Ω", "\u0958", "ñ"]
    return pieces + mixtures(pieces, 260)


def parts(bases):
    texts, all_ids = part_texts(), []
    for base, normalizer, pre in part_variations():
        tokenizer = Tokenizer.from_str(bases[base].to_str())
        tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre
        whole = json.loads(tokenizer.to_str())
        all_ids.append({"base": base, "normalizer": whole["normalizer"], "pre_tokenizer": whole["pre_tokenizer"], "ids": ids(tokenizer, texts)})
    write("parts.json.gz", {"texts": texts, "variations": all_ids})


def with_added(tokenizer):
    """Added tokens of every kind: each flag, alone and together, prefixes of each other, with spaces in them."""
    flags = ("lstrip", "rstrip", "single_word", "normalized", "special")
    tokens, number = [], 0
    for values in itertools.product((False, True), repeat=len(flags)):
        number += 1
        tokens.append(AddedToken(f"<T{number}>", **dict(zip(flags, values))))
    tokens += [AddedToken("<T1", normalized=False), AddedToken("T2>x", normalized=True), AddedToken("word", single_word=True, normalized=False), AddedToken("wordy", single_word=True),
               AddedToken(" sp ", normalized=False, rstrip=True), AddedToken("É", normalized=True), AddedToken("İ!", normalized=True), AddedToken("a b", normalized=True), AddedToken("ab", special=True)]
    tokenizer.add_tokens([t for t in tokens if not t.special])
    tokenizer.add_special_tokens([t for t in tokens if t.special])
    names = [t.content for t in tokens]
    texts = names + mixtures(names + [" ", " ", "  ", "\n", "\u00a0", "x", "a", "b", "_", "\u0301", "é", "e\u0301", ".", "1", "words", "▁", "i\u0307!", "É"], 500, 7)
    return tokenizer, texts


def small():
    texts, n, p = awkward(), normalizers, pre_tokenizers
    raw = p.ByteLevel(add_prefix_space=False, use_regex=False)
    save("llama3", byte_level(texts, p.Sequence([p.Split(Regex(LLAMA3), "isolated"), raw]), ignore_merges=True), None)
    save("qwen2", byte_level(texts, p.Sequence([p.Split(Regex(QWEN2), "isolated"), raw]), n.NFC()), None)
    save("smollm", byte_level(texts, p.Sequence([p.Digits(individual_digits=True), p.ByteLevel(add_prefix_space=False)])), None)
    old = n.Sequence([n.Prepend("▁"), n.Replace(" ", "▁")])
    llama = character_level(texts)
    llama.normalizer = old
    save("sp-old", llama, None)
    llama.normalizer, llama.pre_tokenizer = None, p.Metaspace(prepend_scheme="first", split=False)
    save("sp-new", llama, None)
    blob = charsmap()
    save("unigram", unigram("unigram", texts, p.Sequence([p.WhitespaceSplit(), p.Metaspace()]), blob), None)
    save("unigram-new", unigram("unigram-new", texts, p.Metaspace(prepend_scheme="first"), blob), None)
    bare = character_level(texts)
    parts({"characters": bare, "bytes": byte_level(texts, p.ByteLevel(add_prefix_space=False))})
    save("characters", bare, None)
    save("bytes", byte_level(texts, p.ByteLevel(add_prefix_space=False)), None)
    for name, normalizer, pre in (("added-old", old, None), ("added-new", None, p.Metaspace(prepend_scheme="first", split=False)),
                                  ("added-lower", n.Sequence([n.NFC(), n.Lowercase()]), p.Metaspace(prepend_scheme="always"))):
        tokenizer = character_level(texts)
        tokenizer.normalizer = normalizer
        if pre:
            tokenizer.pre_tokenizer = pre
        save(name, *with_added(tokenizer))
    save("added-bytes", *with_added(byte_level(texts, p.ByteLevel(add_prefix_space=True), n.NFC())))


def digest(tokenizer, texts):
    """How many ids all texts have, and their digest."""
    sha, count = hashlib.sha256(), 0
    for encoding in tokenizer.encode_batch(texts, add_special_tokens=False):
        count += len(encoding.ids)
        sha.update(struct.pack(f"<{len(encoding.ids)}i", *encoding.ids))
    return {"tokens": count, "sha256": sha.hexdigest()}


def originals(folder, reviews):
    """ids of the awkward strings by the real tokenizers, and digests of those of all reviews."""
    digests = {}
    with gzip.open(reviews, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["reviewText"] for line in lines]
    with tempfile.TemporaryDirectory() as empty:
        alone = {}
        for name, file in (("tokenizer-t5", "spiece.model"), ("tokenizer-llama", "tokenizer.model")):
            alone[name] = pathlib.Path(empty, name)
            alone[name].mkdir()
            shutil.copyfile(folder / name / file, alone[name] / file)
        for name, tokenizer in {
            "gpt2": GPT2TokenizerFast.from_pretrained(str(folder / "tokenizer-gpt2")).backend_tokenizer,
            "t5": Tokenizer.from_file(str(folder / "tokenizer-t5" / "tokenizer.json")),
            "t5-model": T5TokenizerFast.from_pretrained(str(alone["tokenizer-t5"])).backend_tokenizer,
            "t5-model-new": T5TokenizerFast.from_pretrained(str(alone["tokenizer-t5"]), legacy=False).backend_tokenizer,
            "llama": LlamaTokenizerFast.from_pretrained(str(alone["tokenizer-llama"])).backend_tokenizer,
            "llama-new": LlamaTokenizerFast.from_pretrained(str(alone["tokenizer-llama"]), legacy=False).backend_tokenizer,
            "stories260K": Tokenizer.from_file(str(folder / "stories260K" / "tokenizer.json")),
        }.items():
            write(f"models/{name}.json.gz", {"texts": None, "ids": ids(tokenizer, awkward())})
            digests[name] = digest(tokenizer, texts)
    write("models/reviews.json.gz", digests)


# What is put around a character: marks of low and high combining class, and what it may compose with.
CONTEXTS = ("{}", "a{}\u0334", "a\u0345{}", "{}\u0301", "{}\u0323\u0307", "\u1100{}\u11a8", "{}\u3099", "e{}\u0301")


def characters():
    """A digest of what becomes of each 4096 characters, for every property that tokenizers asks for."""
    n, p = normalizers, pre_tokenizers
    word = Tokenizer(models.BPE())
    word.add_tokens([AddedToken("zq", single_word=True, normalized=False)])
    digit, space = p.Digits(True), p.WhitespaceSplit()
    properties = {
        "digit": lambda c: str(len(digit.pre_tokenize_str("a" + c)) == 2),
        "space": lambda c: str(len(space.pre_tokenize_str("a" + c + "a")) == 2),
        "word": lambda c: str(len(word.encode(c + "zq").ids) == 0),
        "Lowercase": n.Lowercase().normalize_str, "Nmt": n.Nmt().normalize_str, "Strip": n.Strip().normalize_str,
    }
    for name in ("NFC", "NFD", "NFKC", "NFKD"):
        form = getattr(n, name)()
        properties[name] = lambda c, form=form: "\x01".join(form.normalize_str(around.format(c)) for around in CONTEXTS)
    codes = [c for c in [*range(0x20000), *range(0x2f000, 0x30000), *range(0xe0000, 0xe1000)] if not 0xd800 <= c < 0xe000]
    digests = {}
    for name, of in properties.items():
        blocks = {}
        for c in codes:
            blocks.setdefault(c >> 12, hashlib.sha256()).update((of(chr(c)) + "\x00").encode())
        digests[name] = {block: digest.hexdigest()[:12] for block, digest in blocks.items()}
    write("characters.json.gz", {"contexts": [c.replace("{}", "%s") for c in CONTEXTS], "digests": digests})


if __name__ == "__main__":
    small()
    characters()
    originals(pathlib.Path(sys.argv[1]), sys.argv[2])
