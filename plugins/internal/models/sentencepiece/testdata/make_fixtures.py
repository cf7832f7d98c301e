"""Writes the expected ids and texts of this folder with the reference implementations.

python make_fixtures.py --scratch FOLDER [--models ../../../../../../shared/models]

Needs sentencepiece 0.2.3, protobuf 7, tokenizers 0.22.2 (Python 3.10 or later).
Strings: ../../tokenizer/testdata/awkward.json; bytes that are not UTF-8 go to
sentencepiece as they are, to tokenizers with one U+FFFD for each invalid byte.

*.model           small models trained here, two of each type
*.json.gz         of the model of that name: "made" (versions, seed, digest of the
                  strings), "ids" of each string, "decode" (pairs of ids and text)
*-tokenizers.json.gz  the same vocabulary in tokenizers: "normal" (texts after its
                  Precompiled normaliser, only where they differ), "ids"
random.json.gz    models of few pieces with many equal scores, and strings for each
llama, t5, stories260K: models that are not part of the project, see --models
"""
import argparse
import base64
import codecs
import gzip
import hashlib
import importlib.metadata
import importlib.util
import io
import json
import pathlib
import random
import unicodedata

import sentencepiece
import tokenizers
from sentencepiece import sentencepiece_model_pb2 as pb

SEED = 20261121
HERE = pathlib.Path(__file__).resolve().parent
STRINGS = HERE / "../../tokenizer/testdata/awkward.json"
NORMAL, UNKNOWN, CONTROL, USER, UNUSED, BYTE = 1, 2, 3, 4, 5, 6

codecs.register_error("bytewise", lambda e: ("\ufffd", e.start + 1))


def load_module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def strings():
    """The raw bytes of each string."""
    entries = json.loads(STRINGS.read_text(encoding="utf-8"))
    raw = [e["text"].encode() if "text" in e else base64.b64decode(e["base64"]) for e in entries]
    return raw + [("The quick brown fox user_1 " * 20000).encode(), "漢字かな😀".encode() * 2000]  # sums beyond 100,000


def made():
    versions = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in ("sentencepiece", "protobuf", "tokenizers"))
    return f"{versions}; seed {SEED}; strings {hashlib.sha256(STRINGS.read_bytes()).hexdigest()[:16]}"


def write(name, content):
    text = json.dumps({"made": made(), **content}, ensure_ascii=False, separators=(",", ":"))
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, compresslevel=9) as f:
        f.write(text.encode())
    (HERE / f"{name}.json.gz").write_bytes(buffer.getvalue())
    print(f"{name}.json.gz", len(buffer.getvalue()), "bytes")


def long_ids(ids):
    """Ids of a very long string: its length and digest (the string repeats itself)."""
    return ids if len(ids) < 5000 else {"count": len(ids), "sha256": hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()}


def decodings(processor, r, count=400):
    pairs = []
    common = [i for i in (processor.unk_id(), processor.bos_id(), processor.eos_id(), processor.piece_to_id("▁")) if i >= 0]
    bytes_ = [i for i in range(processor.get_piece_size()) if processor.is_byte(i)] or common
    for _ in range(count):
        ids = [r.choice([r.randrange(processor.get_piece_size()), r.choice(common), r.choice(bytes_)]) for _ in range(r.randrange(9))]
        if r.random() < 0.3:
            ids = [i for b in "aé漢😀▁ ".encode()[r.randrange(9):] for i in ([processor.piece_to_id(f"<0x{b:02X}>")] if bytes_ is not common else [])] + ids
        pairs.append([ids, processor.decode(ids)])
    return pairs


def reference(name, serialized):
    processor = sentencepiece.SentencePieceProcessor(model_proto=serialized)
    ids = [processor.encode(s) for s in strings()]
    pairs = decodings(processor, random.Random(SEED))
    pairs += [[i, processor.decode(i)] for i in ids[::11] if len(i) < 100]
    write(name, {"ids": [long_ids(i) for i in ids], "decode": pairs})


# Small trained models.

def rules(awkward):
    """A normaliser of a few hundred rules, in the style of nmt_nfkc."""
    table = {}
    for c in awkward.COMPAT + awkward.MATH + awkward.KANA:
        table[c] = unicodedata.normalize("NFKC", c)
    for base in "aeiouAEIOUnszcyカガはハ":
        for mark in awkward.MARKS:
            table[base + mark] = unicodedata.normalize("NFKC", base + mark)
    for c in awkward.SPACES:
        table[c] = "" if unicodedata.category(c) == "Cf" else " "
    for c in awkward.CONTROL:
        if unicodedata.category(c) == "Cc" and c not in awkward.SPACES:
            table[c] = ""
    table.update({"ﷺ": unicodedata.normalize("NFKC", "ﷺ"), "\r\n": " ", "...": "…", "..": "‥"})
    lines = [f"{' '.join('%X' % ord(x) for x in k)}\t{' '.join('%X' % ord(x) for x in v)}" for k, v in sorted(table.items()) if k != v and "\0" not in k]
    return "\n".join(lines) + "\n"


def train(name, awkward, edit=None, **options):
    r = random.Random(SEED)
    lines = [awkward.sentence(r).replace("\n", " ") for _ in range(600)] + [awkward.method(r).replace("\n", " ") for _ in range(500)]
    lines += [awkward.clusters(r, awkward.CJK + awkward.CYR + awkward.HANGUL, 3, 12) for _ in range(60)]
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=out, num_threads=1, minloglevel=2, hard_vocab_limit=False, **options)
    proto = pb.ModelProto.FromString(out.getvalue())
    if edit:
        edit(proto)
    proto.normalizer_spec.ClearField("normalization_rule_tsv")
    (HERE / f"{name}.model").write_bytes(proto.SerializeToString(deterministic=True))
    print(f"{name}.model", len(proto.SerializeToString()), "bytes,", len(proto.pieces), "pieces", proto.normalizer_spec.name)
    return proto


def retire(every):
    """Marks some longer pieces as unused."""
    def edit(proto):
        normal = [p for p in proto.pieces if p.type == NORMAL and len(p.piece) > 1]
        for p in normal[every // 2::every]:
            p.type = UNUSED
    return edit


def small_models(folder):
    awkward = load_module(STRINGS.parent / "make_awkward.py")
    tsv = folder / "rules.tsv"
    tsv.write_text(rules(awkward), encoding="utf-8")
    user = ["user_", "item_", "<sep>", "user_1", "has▁interacted", "ﬁ", "漢字", "!!!"]
    yield "unigram", train("unigram", awkward, retire(29), model_type="unigram", vocab_size=700, byte_fallback=True, user_defined_symbols=user,
                           normalization_rule_tsv=str(tsv), pad_id=3)
    yield "unigram-plain", train("unigram-plain", awkward, model_type="unigram", vocab_size=300, treat_whitespace_as_suffix=True,
                                 normalization_rule_name="identity", remove_extra_whitespaces=False, character_coverage=0.98, bos_id=-1, unk_surface="<?>")
    yield "bpe", train("bpe", awkward, retire(7), model_type="bpe", vocab_size=800, byte_fallback=True, user_defined_symbols=user,
                       normalization_rule_name="identity", remove_extra_whitespaces=False, allow_whitespace_only_pieces=True, split_digits=True)
    yield "bpe-plain", train("bpe-plain", awkward, model_type="bpe", vocab_size=300, add_dummy_prefix=False, normalization_rule_tsv=str(tsv), character_coverage=0.98)


# tokenizers.

def as_text(raw):
    return raw.decode("utf-8", "bytewise")


def escaped(text):
    return "▁" + text.replace(" ", "▁")


def ids_of(model, text):
    return [t.id for t in model.tokenize(text)]


def unigram_in_tokenizers(name, normalizer, model):
    normal, ids = {}, []
    for i, raw in enumerate(strings()):
        text = as_text(raw)
        rewritten = normalizer.normalize_str(text)
        if rewritten != text:
            normal[str(i)] = rewritten
        ids.append(long_ids(ids_of(model, escaped(rewritten))))
    write(f"{name}-tokenizers", {"normal": normal, "ids": ids})


def merges_of(pieces):
    """All ways to make a piece from two others, best piece first (as converters do)."""
    known = {p: i for i, p in enumerate(pieces)}
    merges = []
    for i, p in enumerate(pieces):
        if not p.startswith("<0x"):
            merges += [(i, known[p[:k]], known[p[k:]], p[:k], p[k:]) for k in range(1, len(p)) if p[:k] in known and p[k:] in known]
    return [[a, b] for _, _, _, a, b in sorted(merges)]


def bpe_in_tokenizers(name, vocab, merges, **options):
    model = tokenizers.models.BPE(vocab=vocab, merges=[tuple(m) for m in merges], **options)
    ids = [long_ids(ids_of(model, escaped(as_text(raw)))) for raw in strings()]
    write(f"{name}-tokenizers", {"merges": merges, "ids": ids} if len(merges) < 5000 else {"ids": ids})


# Models of few pieces.

ALPHABET = ["a", "a", "b", "b", "c", "é", "漢", "▁", "😀"]


def random_pieces(r):
    texts = sorted({"".join(r.choice(ALPHABET) for _ in range(r.choice([1, 1, 2, 2, 2, 3, 3, 4, 5]))) for _ in range(r.randrange(6, 60))})
    r.shuffle(texts)
    scores = r.choice([[-1, -2, -3], [0], [-0.1, -0.2, -0.3, -0.4, -0.5, -0.6], [1.5, -1.5, 0.5, -0.5, 0.0, -0.0], [-1.25], [100, 101, 50], [-90000.5, -1]])
    odd = r.choice([0, 0, 0.2, 0.5])
    kinds = lambda: r.choice([USER, UNUSED, UNUSED]) if r.random() < odd else NORMAL
    return [(t, r.choice(scores), kinds()) for t in texts]


def random_strings(r):
    letters = ALPHABET + [" ", " ", "x", "z", "\u0301", "<unk>", "<s>"]
    return ["".join(r.choice(letters) for _ in range(r.choice([1, 2, 5, 10, 20, 40]))) for _ in range(40)]


def random_proto(r, pieces):
    fallback = r.random() < 0.5
    proto = pb.ModelProto()
    everything = [("<unk>", 0, UNKNOWN), ("<s>", 0, CONTROL), ("</s>", 0, CONTROL)]
    everything += [(f"<0x{b:02X}>", 0, BYTE) for b in range(256)] if fallback else []
    for text, score, kind in everything + pieces:
        proto.pieces.add(piece=text, score=score, type=kind)
    proto.trainer_spec.model_type = r.choice([1, 2])
    proto.trainer_spec.byte_fallback = fallback
    proto.trainer_spec.treat_whitespace_as_suffix = r.random() < 0.3
    spec = proto.normalizer_spec
    spec.add_dummy_prefix, spec.remove_extra_whitespaces, spec.escape_whitespaces = (r.random() < 0.5 for _ in range(3))
    return proto


def random_models():
    r = random.Random(SEED)
    cases = []
    for _ in range(60):
        pieces, texts = random_pieces(r), random_strings(r)
        proto = random_proto(r, pieces)
        if proto.trainer_spec.model_type == 1 and all(p.type not in (NORMAL, USER, UNUSED) for p in proto.pieces):
            continue
        processor = sentencepiece.SentencePieceProcessor(model_proto=proto.SerializeToString())
        case = {"model": base64.b64encode(proto.SerializeToString(deterministic=True)).decode(), "texts": texts, "ids": processor.encode(texts)}
        case["decode"] = decodings(processor, r, 12)
        vocab = [(p.piece, p.score) for p in proto.pieces]
        case["unigram"] = [ids_of(tokenizers.models.Unigram(vocab, 0, proto.trainer_spec.byte_fallback), t) for t in texts]
        merges = merges_of([p for p, _ in vocab])
        r.shuffle(merges)
        options = {"byte_fallback": proto.trainer_spec.byte_fallback, "fuse_unk": r.random() < 0.5, "ignore_merges": r.random() < 0.5}
        unknown = {"unk_token": "<unk>"} if r.random() < 0.8 else {}
        ids = {p: i for i, (p, _) in enumerate(vocab)}
        if r.random() < 0.5:  # a fallback with holes
            ids = {p: i for p, i in ids.items() if p not in ("<0xC3>", "<0xF0>")}
        model = tokenizers.models.BPE(vocab=ids, merges=[tuple(m) for m in merges], **options, **unknown)
        case["bpe"] = {"merges": merges, "holes": len(ids) < len(vocab), "unknown": bool(unknown), **options, "ids": [ids_of(model, t) for t in texts]}
        cases.append(case)
    write("random", {"cases": cases})


def from_models(folder):
    """Fixtures of models that are not committed."""
    for name, path in (("llama", "tokenizer-llama/tokenizer.model"), ("t5", "tokenizer-t5/spiece.model")):
        reference(name, (folder / path).read_bytes())
    t5 = json.loads((folder / "tokenizer-t5/tokenizer.json").read_text(encoding="utf-8"))
    model = tokenizers.models.Unigram([tuple(p) for p in t5["model"]["vocab"]], t5["model"]["unk_id"], False)
    unigram_in_tokenizers("t5", tokenizers.normalizers.Precompiled(base64.b64decode(t5["normalizer"]["precompiled_charsmap"])), model)
    stories = json.loads((folder / "stories260K/tokenizer.json").read_text(encoding="utf-8"))["model"]
    merges = [m.split(" ") if isinstance(m, str) else m for m in stories["merges"]]
    bpe_in_tokenizers("stories260K", stories["vocab"], merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    llama = pb.ModelProto.FromString((folder / "tokenizer-llama/tokenizer.model").read_bytes())
    pieces = [p.piece for p in llama.pieces]
    bpe_in_tokenizers("llama", {p: i for i, p in enumerate(pieces)}, merges_of(pieces), unk_token="<unk>", fuse_unk=True, byte_fallback=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=pathlib.Path, default=HERE / "../../../../../../shared/models")
    parser.add_argument("--scratch", type=pathlib.Path, required=True, help="a folder for temporary files")
    options = parser.parse_args()
    for name, proto in small_models(options.scratch):
        reference(name, proto.SerializeToString(deterministic=True))
        vocab = [(p.piece, p.score) for p in proto.pieces]
        if name == "unigram":
            normalizer = tokenizers.normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap)
            unigram_in_tokenizers(name, normalizer, tokenizers.models.Unigram(vocab, 0, True))
        if name == "bpe":
            bpe_in_tokenizers(name, {p: i for i, (p, _) in enumerate(vocab)}, merges_of([p for p, _ in vocab]), unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    random_models()
    from_models(options.models)


if __name__ == "__main__":
    main()
