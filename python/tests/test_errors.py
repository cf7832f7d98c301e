"""What becomes of an exception."""

import cllm4rec
from cllm4rec import _calls, _wire
from cllm4rec._process import check_handshake

GOOD = {"CLLM4REC_PLUGIN_COOKIE": "8f0f6a0f-cllm4rec", "CLLM4REC_PLUGIN_KIND": "recommender", "CLLM4REC_PLUGIN_CONTRACT": "2"}


def test_errors_of_the_contract_keep_their_code_and_words():
    for error, code in ((cllm4rec.Invalid, "invalid"), (cllm4rec.BadData, "bad_data"), (cllm4rec.NonFinite, "non_finite"), (cllm4rec.OutOfMemory, "out_of_memory")):
        assert _calls.describe("Fit", "x", error("the words")) == ([code], "the words")


def test_any_other_exception_is_told_with_its_place():
    try:
        [][1]
    except IndexError as e:
        codes, text = _calls.describe("Fit", "x", e)
    assert codes == [] and text.startswith("Fit failed: IndexError: list index out of range (") and "test_errors.py, line" in text and "[][1]" in text
    assert _calls.describe("Fit", "x", MemoryError())[0] == ["out_of_memory"]


def test_a_missing_package_is_named_with_the_command_that_installs_it():
    try:
        import no_such_package  # noqa: F401
    except ModuleNotFoundError as e:
        codes, text = _calls.describe("Fit", "mine", e)
    assert codes == ["not_found"] and '"no_such_package"' in text and "-m pip install no_such_package" in text


def test_long_words_are_cut():
    assert len(_calls.describe("Fit", "x", cllm4rec.Invalid("é" * 20000))[1].encode()) <= 16 << 10


def test_the_handshake_is_held_against_the_environment():
    assert check_handshake("recommender", "x", GOOD) is None
    assert "of no use by hand" in check_handshake("recommender", "x", {})
    assert "wrong folder" in check_handshake("dataset", "x", GOOD)
    assert "speaks version 9" in check_handshake("recommender", "x", dict(GOOD, CLLM4REC_PLUGIN_CONTRACT="9"))


def test_words_of_enums():
    assert _wire.word("TextKind", 3) == "title" and _wire.number("Kind", "recommender") == 2 and _wire.word("TieRule", 2) == "index" and _wire.word("Part", 0) == ""
