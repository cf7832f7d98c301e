"""Writes ratings.parquet, books.parquet and strange.parquet, and parquet.json with what
pandas reads of the first two.

Written with Python 3.11, pyarrow 26.0.1 and pandas 3.1.1 (no random numbers):
    python make_parquet.py
"""

import datetime
import decimal
import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

UTC = datetime.timezone.utc
users = ["ada", "bo", "çy", "ada", "bo", "dee"]
times = [datetime.datetime(2020, 1, 1 + i, 12, 30, 45, 123456, tzinfo=UTC) for i in range(6)]
ratings = pa.table({
    "user_id": pa.array(users).dictionary_encode(),
    "item_id": pa.array([7, 12, 9007199254740993, 12, 7, 40], pa.int64()),
    "rating": pa.array([4.5, 3.0, 9.99, 1.0, 5.0, 2.0], pa.float32()),
    "timestamp": pa.array(times, pa.timestamp("us", tz="UTC")),
    "review": pa.array(["Kept me awake", None, "", "Too long", None, "Warm"]),
})
pq.write_table(ratings, "ratings.parquet", row_group_size=4, compression="zstd")

books = pa.table({
    "item_id": pa.array([7, 12, 40, 9007199254740993], pa.uint64()),
    "title": pa.array(["The Lighthouse, Again", "Copper Rivers", None, "Rain"]),
    "genres": pa.array([["Mystery", "Sea stories"], [], None, ["Nature", "Travel", "Nature"]], pa.list_(pa.string())),
    "price": pa.array([decimal.Decimal("12.50"), None, decimal.Decimal("9.00"), decimal.Decimal("-0.05")], pa.decimal128(9, 2)),
    "year": pa.array([1998.0, float("nan"), 2004.0, None], pa.float64()),
    "lent": pa.array([True, False, None, True]),
    "pages": pa.array([250, 90, None, 12], pa.int32()),
})
pq.write_table(books, "books.parquet", compression="snappy", store_decimal_as_integer=True)

# Columns that are no numbers, texts or times, beside some that are times.
strange = pa.table({
    "user": pa.array(["a"]), "item": pa.array(["b"]),
    "ns": pa.array([1577836800123456789], pa.timestamp("ns")), "ms": pa.array([1577836800123], pa.timestamp("ms")),
    "day": pa.array([datetime.date(2020, 1, 1)]), "float": pa.array([1577836800.5]), "text": pa.array(["2020-01-01T00:00:00Z"]),
    "clock": pa.array([datetime.time(12, 30)]), "pair": pa.array([{"x": 1, "y": 2}]), "lists": pa.array([[["a"]]]), "fixed": pa.array([b"0123"], pa.binary(4)),
})
pq.write_table(strange, "strange.parquet", compression="gzip")

a, b = pd.read_parquet("ratings.parquet"), pd.read_parquet("books.parquet")
expected = {
    "interactions": [f"{r.user_id} {r.item_id} {r.rating:g} @{int(r.timestamp.timestamp())}" for r in a.itertuples()],
    "reviews": [f"review {r.user_id} {r.item_id}: {r.review}" for r in a.itertuples() if isinstance(r.review, str) and r.review],
    "titles": [f"title {r.item_id}: {r.title}" for r in b.itertuples() if isinstance(r.title, str)],
    "price": [f"item {r.item_id} price number {float(r.price):g}" for r in b.itertuples() if r.price is not None],
    "year": [f"item {r.item_id} year number {r.year:g}" for r in b.itertuples() if r.year == r.year],
    "pages": [f"item {r.item_id} pages number {r.pages:g}" for r in b.itertuples() if r.pages == r.pages],
    "genres": [f"item {r.item_id} genres set [{' '.join(dict.fromkeys(r.genres))}]" for r in b.itertuples() if r.genres is not None and len(r.genres)],
}
with open("parquet.json", "w", encoding="utf-8") as out:
    json.dump(expected, out, indent=1, ensure_ascii=False)
    out.write("\n")
