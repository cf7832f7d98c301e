"""Writes the tokenizer's fixtures with Hugging Face tokenizers and transformers.

    python plugins/internal/models/tokenizer/testdata/make_fixtures.py FOLDER REVIEWS

FOLDER holds GPT-2's vocab.json and merges.txt, REVIEWS is the official
reviews_Musical_Instruments_5.json.gz. Neither is kept in this project: gpt2.json holds ids and a
digest only, and the tests that need the originals are skipped, loudly, where they are absent.
Python 3.11.7, tokenizers 0.22.2, transformers 4.57.1; seed 7.
"""

import gzip
import hashlib
import json
import pathlib
import random
import struct
import sys

import tokenizers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2TokenizerFast

HERE = pathlib.Path(__file__).resolve().parent
SMALL = 256 + 300

TRICKY = [
    "", " ", "  ", "   ", "\n", "\r\n", "\t", " \n ", "\n\n\n", "a", " a", "  a", "a ", "a  ", "a   b", "a \n b", "a\r\nb", "\u00a0a", "a\u00a0b",
    "a\u3000b", "\u2028x", "x\u2029", "\x85", "\x0b\x0c", "\x1c\x1d", "\x00", "a\x00b", "\x7f", "\u200b", "\u200d", "\ufeffbom", "\u00ad", "\ue000",
    "it's", "IT'S", "'s", "''s", "'t've'll", "we're they've I'm he'll I'd don't", "'S 'T", "'re're", "l'été", "rock'n'roll", "'", "' s", "'sx", "\u2019s",
    "123", " 123", "1 2", "a1b2", "3.14", "1,000,000", "²³", "½", "Ⅷ", "٣٤", "१२", "1st 2nd", "0x1F", "１２３",
    "!", "!!!", " !", "?!?!", "a!b", "...", "…", "—", "(a)", "[mask]", "{x}", "$5.00", "100%", "#1", "@user", "a_b", "__init__", "C++", "a/b\\c", "~`^|<>",
    "<|endoftext|>", "a<|endoftext|>b", "<|endoftext|", " <|endoftext|> ", "<|endoftext|><|endoftext|>", "<|<|endoftext|>",
    "user_1", "<user_1>", "item_12345", "<item_99> <item_100>", "user_i has interacted with", "A2IBPI20UZIR0U", "B00004Y2UT", "1384719342", "AB12-x_9",
    "user_1 wrote the following review for item_7:", "Hello, user_1! Have you seen item_2?", "item_1item_2", "USER_9 Item_03",
    "héllo", "he\u0301llo", "naïve café", "Straße", "ÀÉÎ", "ﬁ", "İi", "ǅ", "Ω", "мир", "Привет, мир!", "ελληνικά", "עברית", "العربية", "हिन्दी", "ไทย", "தமிழ்",
    "日本語", "中文字符", "한국어", "𠮷", "𝒳𝓎", "日本語 テキスト です。", "你好，世界！", "👍", "👍🏽", "👨‍👩‍👧‍👦", "🇫🇷🇩🇪", "☺️", "a👍b", " 👍", "👍👍👍", "❤", "→", "™®©", "€20", "\U0010ffff", "\ufffd", "\ufdd0",
    "http://example.com/a?b=c&d=e#f", "name@example.org", "C:\\path\\to", "x = y + 1;\n\treturn x\n", "<b>bold</b>&nbsp;&#34;", "\"quoted\"", "``tex''",
    "a" * 70, " " * 70, "ab" * 50, "!" * 100, "1" * 80, "é" * 40, "word " * 20, "aaaaaaaab", "abababab", "\n" * 20, "a\n" * 10, "0" * 65 + "a",
    "The strings sound great; I've used them for 3 years and they don't break.", "Best $12 I ever spent!!! 5/5 stars :-)", "NOT worth it...", "Works as advertised (mostly).",
    "Good    product   ", "line one\nline two\r\nline three\r", "tab\tseparated\tvalues", "  leading and trailing  ", "MiXeD CaSe WoRdS", "don`t", "e.g. i.e. etc.", "pre-amp/DI box w/ 48V",
]


def samples():
    """The tricky strings and as many random mixtures of their parts."""
    draw = random.Random(7)
    pieces = [s for s in TRICKY if 0 < len(s) < 30]
    mixtures = ["".join(draw.choice(pieces) for _ in range(draw.randint(2, 6))) for _ in range(150)]
    characters = ["".join(chr(draw.choice([draw.randint(0, 127), draw.randint(128, 0x3000), draw.randint(0x3000, 0xd7ff), draw.randint(0xe000, 0x1ffff)]))
                          for _ in range(draw.randint(1, 12))) for _ in range(100)]
    return TRICKY + mixtures + characters


def write(path, value):
    (HERE / path).write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("],", "],\n") + "\n")


def gpt2(folder, reviews, texts):
    """ids of the samples with GPT-2's vocabulary, and a digest of the ids of all reviews."""
    tokenizer = GPT2TokenizerFast(vocab_file=str(folder / "vocab.json"), merges_file=str(folder / "merges.txt"))
    digest, count = hashlib.sha256(), 0
    with gzip.open(reviews, "rt", encoding="utf-8") as lines:
        for line in lines:
            ids = tokenizer.encode(json.loads(line)["reviewText"])
            count += len(ids)
            digest.update(struct.pack(f"<{len(ids)}i", *ids))
    write("gpt2.json", {"ids": [tokenizer.encode(t) for t in texts], "reviews": {"tokens": count, "sha256": digest.hexdigest()}})


def small(texts):
    """A vocabulary trained on the samples themselves, and their ids."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=SMALL, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=[], show_progress=False))
    (HERE / "small").mkdir(exist_ok=True)
    tokenizer.model.save(str(HERE / "small"))
    ids = [tokenizer.encode(t).ids for t in texts]
    added = [AddedToken("<|endoftext|>", special=True, normalized=False), AddedToken("<mask>", lstrip=True), AddedToken("<m", rstrip=True), AddedToken("ß!")]
    tokenizer.add_tokens(added)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    (HERE / "added").mkdir(exist_ok=True)
    tokenizer.save(str(HERE / "added" / "tokenizer.json"), pretty=False)
    extra = ["<mask>", "a <mask> b", "a  \n<mask>  b", "x<m  y", "<m<mask>", "ß!ß! ß !", "<|endoftext|> <mask><|endoftext|>", "<m", " <m "]
    write("small.json", {"ids": ids})
    write("added.json", {"texts": extra + texts, "ids": [tokenizer.encode(t).ids for t in extra + texts]})


def classes():
    """classes.go: what GPT-2's pattern takes each character for, as runs of equal class (surrogates are never asked for)."""
    cut, runs, last = pre_tokenizers.ByteLevel(add_prefix_space=False), [], None
    for code in [*range(0xd800), *range(0xe000, 0x110000)]:
        mates = ((1, "a"), (2, "1"), (0, "!"))  # the numbers of the constants in scan.go
        kind = next((number for number, mate in mates if len(cut.pre_tokenize_str(mate + chr(code))) == 1), 3)
        if kind != last:
            runs.append(f"{code << 2 | kind:#x}")
            last = kind
    rows = "\n".join("\t" + ", ".join(runs[i:i + 12]) + "," for i in range(0, len(runs), 12))
    (HERE.parent / "classes.go").write_text(f"""// Code generated by testdata/make_fixtures.py; DO NOT EDIT.

package tokenizer

// classRuns holds, in rising order, the first character of every run of
// characters of one class, shifted left by two bits, and the class in those bits.
// It was read off the reference implementation (tokenizers {tokenizers.__version__}), so that ids do
// not depend on the Unicode version of the Go release.
var classRuns = [...]uint32{{
{rows}
}}
""")


def main():
    texts = samples()
    write("samples.json", texts)
    gpt2(pathlib.Path(sys.argv[1]), sys.argv[2], texts)
    small(texts)
    classes()


if __name__ == "__main__":
    main()
