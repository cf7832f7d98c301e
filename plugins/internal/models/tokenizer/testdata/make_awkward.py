"""Writes awkward.json: strings on which tokenizers go wrong, for every tokenizer's fixtures.

python make_awkward.py            (standard library only; the same bytes every time)

A list; each entry is {"text": ...}, or {"base64": ...} where the bytes are not
UTF-8. A reader takes those bytes as Go's []rune does: one U+FFFD for each
invalid byte (Python: a codecs error handler that returns ("\\ufffd", start + 1)).
"""
import base64
import json
import pathlib
import random

SEED = 20261121

WORDS = """the of and a to in is you that it he was for on are as with his they I at be this have from
or one had by word but not what all were we when your can said there use an each which she do how their
if will up other about out many then them these so some her would make like him into time has look two
more write go see number no way could people my than first water been call who oil its now find long
internationalization tokenization pseudopseudohypoparathyroidism Donaudampfschifffahrtsgesellschaft
don't won't it's we'll I'd they've O'Neill rock'n'roll CamelCase snake_case kebab-case SCREAMING iPhone
naïve café résumé Ångström jalapeño Übergröße coöperate façade Dvořák Łódź İstanbul ǅungla""".split()
CJK = "中文字符日本語カタカナひらがな漢字東京大学人工智能推薦系統你好世界今天天气很好。、「」！？：；（）々〆ヶ"
KANA = "ｶﾞｷﾞｸﾞﾊﾟﾋﾟｱｲｳｴｵガギグパピヴヷ゛゜がぎ"
HANGUL = "안녕하세요한국어형태소분석뷁힣"
JAMO = "ᄀᄁᄂᄃ하ᅢᅵᆨᆩᇂㄱㄴㅏㅎ가각힣"
RTL = "שלום עולם بيت مرحبا بالعالم ﷺ ﷽ لا ﻻ ﻼ پارسی اردو ‏‎"
INDIC = "नमस्ते दुनिया क्षत्रिय বাংলা தமிழ் తెలుగు ಕನ್ನಡ ไทยภาษา ພາສາລາວ မြန်မာ བོད་ ភាសា"
CYR = "Привет мир Ёлка ЙЦУКЕН Україна їжак Ѣ ѣ Ѳ"
GREEK = "Καλημέρα κόσμε ΰ ΐ ῷ ᾷ ς Ω Ω"
MATH = "∑∏∫√∞≈≠≤≥±×÷∂∇∈∉⊂⊃∪∩→←↔⇒𝐀𝑏𝒞𝓭𝔢𝕗𝖌ℕℝℂ½⅓¾²³¹ⁿ₀₁₂Å"
COMPAT = "ﬀﬁﬂﬃﬄﬅﬆＡＢＣａｂｃ０１２３！＂＃＄％～　①②⑩Ⅳⅷ㈱㍿㎏㎡㏂℃℡™©®…‥․ªº㋿㌀㌔㍉ĳŉǄǆſẛ"
MARKS = "\u0300\u0301\u0302\u0303\u0308\u0323\u0327\u0328\u031b\u0345\u0338\u20dd\u20e3\u0e31\u064b\u0651\u05b0\u3099\u309a"
SPACES = " \t\n\r\v\f\u00a0\u1680\u2000\u2003\u2009\u200a\u2028\u2029\u202f\u205f\u3000\u0085\u200b\u200c\u200d\u2060\ufeff"
CONTROL = "".join(map(chr, [*range(32), 127, *range(128, 160)])) + "\u00ad\u061c\u200e\u200f\u202a\u202c\u202e\u2066\u2069\ufff9\ufffd\ufffe\uffff"
META = "▁ ▁▁ _ ‗ ￣ ⁇ <unk> <s> </s> <pad> <0x0A> <0xE2> <extra_id_0> <|endoftext|> <|im_start|> [CLS] ## Ġ Ċ".split(" ")
EMOJI = """😀 😂 🥺 ❤ ❤️ ☺ ☺️ 👍 👍🏽 👍🏿 👩‍💻 👨‍👩‍👧‍👦 🏳️‍🌈 🏴‍☠️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇩🇪 🇯🇵 🇺🇸🇬🇧 1️⃣ #️⃣ *️⃣ 🧑🏻‍🤝‍🧑🏿 🫠 🪿 🫩 ‍ ️ 🏽 🤦🏼‍♂️ 💩 🀄 🃏 ©️""".split(" ")
URLS = """https://www.example.com/a/b?c=1&d=%20x#frag http://[::1]:8080/ ftp://u:p@host mailto:a.b+c@d.co.uk
file:///C:/Users/x/ //cdn.x.io/j.js?v=1.2.3 https://de.wikipedia.org/wiki/Straße https://例え.jp/パス @user #tag $HOME ~/.bashrc""".split()
CODE = ["if (x == 0) {\n\treturn -1;\n}", "def f(a, *b, **c):\n    return a[b:-1] if c else None\n", "for(int i=0;i<n;++i)a[i]+=b[i]*c;",
        "SELECT * FROM t WHERE a<>'x' AND b IS NOT NULL;", "<div class=\"a\">&nbsp;</div>", "x->y::z<T>&& !w || ~v ^ 0xFFu", "λx.x >>= \\y -> y $ z",
        "{\"a\": [1, 2.5e-3, null], \"b\": \"\\u00e9\\n\"}", "\t\tfoo\r\n\r\n  bar\n\n\n    baz   ", "printf(\"%s\\n\", s);//\\\\ comment", "a\\tb \\x00 \\\\",
        "#!/usr/bin/env bash\nset -euo pipefail\n", "import \"fmt\" // ok", "$$\\frac{a}{b}^{2_3}$$", "diff --git a/x b/x\n@@ -1,2 +1,2 @@\n-\n+ "]
NUMBERS = """0 7 42 007 100 999 1000 12345 1234567890 3.14159 -1 +1 1e-9 6.022e23 1,234,567.89 1.234,5 12:34:56 2026-11-21 50% $9.99 €5
½ ٣٤٥ १२३ 一二三 ⅷ 0x1F 0b101 1_000 192.168.0.1 v1.2.3-rc.4 +49(0)30-123 ١٢ 𝟘𝟙𝟚""".split()


def method(r):
    """Words and prompts as the method writes them (architecture, both wordings)."""
    u, i, j, n = r.randrange(30000), r.randrange(30000), r.randrange(30000), r.randrange(10)
    return r.choice([
        f"user_{u}", f"item_{i}", f" user_{n} has interacted with item_{i} item_{j}", f"item_{i}item_{j}user_{u}", f"<user_{u}>", f"<item_{i}> ",
        f"user_{u} has interacted with {' '.join('item_%d' % r.randrange(3000) for _ in range(r.randrange(1, 9)))}, user_{u} will interact with",
        f"The user_{u} writes the following review for item_{i}:", f"The title of item_{i} is Deluxe 2-in-1 Steamer (Pack of {n})",
        f"The brand of item_{i} is L'Oréal. The categories of item_{i} are Beauty, Hair Care, Styling.",
        f"Hello, user_{n}! Have you seen item_{j}?", f"user_{u} explains: love it!!! would buy again... {n}/10 :-)",
    ])


def clusters(r, alphabet, low, high):
    return "".join(r.choice(alphabet) for _ in range(r.randint(low, high)))


def spaced(r):
    return "".join(r.choice(WORDS) + r.choice(SPACES) * r.choice([1, 1, 2, 3, 7]) for _ in range(r.randint(1, 5)))


def runs(r):
    c = r.choice(list(" \t\n_-=.*/▁~!a0あ漢é😀\u0301\u3000\u00a0\u200d"))
    return r.choice(["", "x", " ", "▁"]) + c * r.choice([1, 2, 3, 4, 5, 8, 15, 16, 17, 31, 33, 64, 81]) + r.choice(["", "x", " ", "\n", "."])


def marked(r):
    return "".join(r.choice("aeiouAEIOUnszcy ñåøアがㄱ가क1") + clusters(r, MARKS, 0, 3) for _ in range(r.randint(1, 10)))


def sentence(r):
    text = " ".join(r.choice(WORDS) for _ in range(r.randint(1, 14)))
    return r.choice([text, text.capitalize() + ".", text.upper(), " " + text, text + " ", text + "\n", text.replace(" ", "")])


def mixed(r):
    parts = [r.choice([WORDS, EMOJI, URLS, NUMBERS, META, list(CJK), list(COMPAT), list(MATH), list(CONTROL), list(SPACES), list(HANGUL), list(CYR)])
             for _ in range(r.randint(2, 9))]
    return "".join(r.choice(p) + r.choice(["", "", " "]) for p in parts)


def anything(r):
    def one():
        c = r.choice([r.randrange(0x80), r.randrange(0x800), r.randrange(0x10000), r.randrange(0x110000), r.randrange(0x1f300, 0x1fb00)])
        return "" if 0xD800 <= c < 0xE000 else chr(c)
    return "".join(one() for _ in range(r.randint(1, 12)))


def piece(r):
    """Byte sequences around what UTF-8 forbids."""
    return r.choice([b"\xff", b"\xfe", b"\x80", b"\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xe2\x96", b"\xe2", b"\xf0\x9f\x98", b"\xf0\x9f", b"\xed\xa0\x80",
                     b"\xed\xb0\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"abc", b" ", "é漢😀▁".encode()])


def fixed():
    yield from ["", " ", "  ", "\n", "\t", "\0", "a", " a", "a ", "▁", "▁▁", " ▁ ", "▁a", "a▁b", "a\0b", "\0\0", "\ufeffa", "a\ufffdb", "ẛ̣", "Å", "Å", "Å"]
    yield from EMOJI + URLS + CODE + NUMBERS + META + WORDS
    yield from [CJK, KANA, HANGUL, JAMO, RTL, INDIC, CYR, GREEK, MATH, COMPAT, SPACES, CONTROL, MARKS]
    yield from sorted(set(KANA + JAMO + MATH + COMPAT + SPACES + CONTROL + MARKS))
    yield from ["x" + c for c in SPACES + MARKS] + [c + "x" for c in SPACES + MARKS] + ["a" + c + "b" for c in SPACES + CONTROL]
    yield from ["a" * 3000, "ab" * 1000, "漢" * 400, "1" * 1000, "user_1" * 200, "é" * 500, " " * 1000, "\n" * 500, "Aa" * 500 + " b", "😀" * 150, "<s>" * 100, "e\u0301" * 300]


def texts(r):
    yield from fixed()
    makers = [(method, 260), (sentence, 160), (spaced, 110), (runs, 160), (marked, 160), (mixed, 260), (anything, 200),
              (lambda r: clusters(r, CJK + KANA + " ", 1, 16), 70), (lambda r: clusters(r, JAMO + HANGUL, 1, 10), 70),
              (lambda r: clusters(r, RTL, 2, 20), 50), (lambda r: clusters(r, INDIC, 2, 16), 70), (lambda r: clusters(r, CYR + GREEK, 2, 18), 50),
              (lambda r: clusters(r, COMPAT + MATH + " ", 1, 14), 90), (lambda r: clusters(r, CONTROL + SPACES + "ab", 1, 10), 90),
              (lambda r: "".join(r.choice(EMOJI) for _ in range(r.randint(1, 4))), 70),
              (lambda r: "".join(r.choice(NUMBERS) + r.choice(["", " "]) for _ in range(3)), 50),
              (lambda r: "".join(r.choice(META) + r.choice(["", " ", "a"]) for _ in range(r.randint(1, 5))), 60),
              (lambda r: clusters(r, "abcdefghijklmnopqrstuvwxyzABCDEFG ", 3, 40), 80), (lambda r: clusters(r, ".,;:!?'\"()[]{}<>/\\|@#$%^&*-_+=~` ", 1, 24), 60)]
    for make, count in makers:
        for _ in range(count):
            yield make(r)


def main():
    r = random.Random(SEED)
    entries = [{"text": t} for t in dict.fromkeys(texts(r))]
    for _ in range(120):
        raw = b"".join(piece(r) for _ in range(r.randint(1, 5)))
        try:
            raw.decode()
        except UnicodeDecodeError:
            entries.append({"base64": base64.b64encode(raw).decode()})
    lines = ",\n".join(json.dumps(e, ensure_ascii=False, separators=(",", ":")) for e in entries)
    out = pathlib.Path(__file__).with_name("awkward.json")
    out.write_text(f"[\n{lines}\n]\n", encoding="utf-8", newline="\n")
    print(len(entries), "strings,", out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
