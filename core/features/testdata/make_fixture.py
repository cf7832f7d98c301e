"""Reference values for TF-IDF and whitening, written to fixture.json.

Run from this folder: python make_fixture.py. scikit-learn 1.9.1, NumPy 2.4.6, seed 7.
"""
import json
import re

import numpy as np
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer

SEED = 7
DOCUMENTS = [
    "The Red lipstick, red & matte: for the lips",
    "Matte lipstick in red; lip-care 24h",
    "Shampoo for dry hair 24h",
    "Crème de la Mer - crème hydratante, sensitive_skin",
    "crème hydratante pour la peau; sensitive_skin ΟΔΥΣΣΕΥΣ",
    "",
    "of the and in",
    "dry hair shampoo: dry hair, dry skin! \u0130stanbul \u216f 10\u00bd",
    "ΟΔΥΣΣΕΥΣ \u0130stanbul \u216f 10\u00bd a b c",
    "日本 化粧品 日本",
    "日本 化粧品 naïve coöp",
    "naïve coöp A1 a1",
]


def golden(documents):
    """Lower-case [a-z0-9]+ words of at least two documents, (1 + ln tf) ln(N/df), rows of length 1."""
    words = [re.findall("[a-z0-9]+", d.lower()) for d in documents]
    df = {}
    for w in words:
        for t in set(w):
            df[t] = df.get(t, 0) + 1
    kept = sorted(t for t, n in df.items() if n >= 2)
    m = np.zeros((len(documents), len(kept)))
    for i, w in enumerate(words):
        for j, t in enumerate(kept):
            if w.count(t):
                m[i, j] = (1 + np.log(w.count(t))) * np.log(len(documents) / df[t])
    length = np.linalg.norm(m, axis=1, keepdims=True)
    return kept, m / np.where(length > 0, length, 1)


def whitened(e, power, rank=None):
    rows = np.abs(e).sum(1) > 0
    x = e[rows] - e[rows].mean(0)
    values, axes = np.linalg.eigh(x.T @ x / len(x))
    order = np.argsort(-values)[:rank]
    axes = axes[:, order] * np.sign(axes[np.abs(axes).argmax(0), np.arange(axes.shape[1])])[order]
    out = np.zeros((len(e), len(order)))
    out[rows] = x @ axes * values[order] ** (-power / 2)
    return out


def main():
    cases = []
    for name, kwargs in {
        "scikit-learn": dict(ngram_range=(1, 2), min_df=2, sublinear_tf=True, stop_words="english"),
        "counts": dict(ngram_range=(1, 3), min_df=1, sublinear_tf=False, use_idf=False),
    }.items():
        v = TfidfVectorizer(**kwargs)
        m = v.fit_transform(DOCUMENTS).toarray()
        cases.append({"name": name, "words": v.get_feature_names_out().tolist(), "rows": np.round(m, 9).tolist()})
    kept, m = golden(DOCUMENTS)
    cases.append({"name": "golden", "words": kept, "rows": np.round(m, 9).tolist()})
    rng = np.random.default_rng(SEED)
    e = (rng.normal(size=(9, 4)) * [3, 1, 0.5, 0.1] + 2).astype(np.float32).astype(float)
    e[4] = 0
    white = {name: np.round(whitened(e, power, rank), 7).tolist() for name, power, rank in
             (("half", 0.5, None), ("full", 1, None), ("half2", 0.5, 2), ("centre3", 0, 3))}
    with open("fixture.json", "w") as f:
        json.dump({"sklearn": sklearn.__version__, "numpy": np.__version__, "documents": DOCUMENTS, "cases": cases,
                   "vectors": e.tolist(), "white": white}, f, separators=(",", ":"), ensure_ascii=False)
        f.write("\n")


main()
