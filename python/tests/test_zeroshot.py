"""Titles and prompts of the plugin zeroshot, which need no language model."""

import importlib.util
import pathlib
from types import SimpleNamespace

import cllm4rec

_PATH = pathlib.Path(__file__).parents[2] / "plugins" / "baselines" / "zeroshot" / "wording.py"
_spec = importlib.util.spec_from_file_location("wording", _PATH)
wording = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(wording)

TEXTS = [
    cllm4rec.Text("tags", None, 0, "red; soft"), cllm4rec.Text("title", None, 0, " A  soft\nball "), cllm4rec.Text("title", None, 0, "another"),
    cllm4rec.Text("tags", None, 1, "blue"), cllm4rec.Text("title", None, 1, " "), cllm4rec.Text("review", 4, 2, "nice"), cllm4rec.Text("biography", 1, None, "somebody"),
    cllm4rec.Text("title", None, 3, "A soft ball"),
]


def params(**given):
    return SimpleNamespace(**{"prompt": "Had: {history}. Next:", "separator": "; ", "nothing": "nothing", "premise": None, "titles": ["title"], "calibration": "domain", **given})


def test_a_title_is_the_first_text_of_the_first_kind_that_an_item_has():
    titles = wording.Titles.read(TEXTS, 4, ["title"], 0)
    assert titles.texts == ["A soft ball", "", "", "A soft ball"] and titles.untitled() == [1, 2]
    assert wording.Titles.read(TEXTS, 4, ["title", "tags"], 2).texts == ["A soft", "blue", "", "A soft"]
    assert wording.Titles.read(TEXTS, 4, ["tags", "title"], 0).texts == ["red; soft", "blue", "", "A soft ball"]


def test_items_of_one_title_share_a_place_and_those_without_have_none():
    titles = wording.Titles.read(TEXTS, 4, ["title", "tags"], 0)
    assert titles.distinct == ["A soft ball", "blue"] and titles.of == [0, 1, -1, 0]


def test_a_prompt_names_the_last_items_that_have_a_title_oldest_first():
    titles = wording.Titles(["a", "b", "", "d"])
    assert titles.last([0, 2, 3, 1, 2], 2) == ["d", "b"]
    assert wording.prompt(params(), titles.last([3, 0], 5)) == "Had: d; a. Next:"
    assert wording.prompt(params(), titles.last([2], 5)) == "Had: nothing. Next:"


def test_titles_with_the_words_of_the_template_stand_as_they_are():
    assert wording.prompt(params(), ["{history}", "a {b}"]) == "Had: {history}; a {b}. Next:"


def test_the_premise_is_what_the_prompt_says_behind_the_history():
    assert wording.premise(params()) == "Next:"
    assert wording.premise(params(premise="They had")) == "They had"
    wording.check(params())
    wording.check(params(prompt="Like {history}", calibration="none"))
