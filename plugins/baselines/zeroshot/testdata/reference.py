"""What transformers itself says of titles behind prompts: in float64, each prompt with each title read as one text, tokenised as one text.

    python testdata/reference.py OUT.json NAME=FOLDER ...        # transformers 4.57.1, torch 2.8.0

Of the plugin's code it uses none.
"""

import json
import sys

import torch
import transformers

TITLES = ["A book of poems", "A pen", "a good thing of its kind", "", "Ein guter Stift – und weiß", "A  reader's\tbook ", "A pen", "ball"]
HISTORIES = [[0], [1, 4], [5, 3, 6], [7, 2, 1, 0], [3], []]
CASES = [
    {},
    {"score": "sum", "calibration": "none"},
    {"prompt": "Bought: {history} then", "separator": ", ", "history": 2, "score": "sum", "premise": "then", "nothing": "no thing"},
    {"prompt": "{history}", "lead": ", ", "calibration": "none", "title_words": 3},
]
DEFAULTS = {"prompt": "The user has bought: {history}. Next they will buy:", "separator": "; ", "nothing": "nothing", "lead": " ", "history": 10,
            "score": "mean", "calibration": "domain", "premise": "Next they will buy:", "title_words": 0}


def words(title, most):
    parts = title.split()
    return " ".join(parts[:most] if most else parts)


class Model:
    def __init__(self, folder):
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        self.model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager").eval()
        self.room = self.model.config.max_position_embeddings

    def length(self, text):
        return len(self.tokenizer(text).input_ids)

    def log_p(self, before, text):
        """ln p of each token of the text behind what stands before it."""
        whole, head = self.tokenizer(before + text).input_ids, self.tokenizer(before).input_ids
        assert whole[:len(head)] == head and len(whole) <= self.room, (before, text)
        with torch.no_grad():
            log_p = torch.log_softmax(self.model(torch.tensor([whole])).logits[0], -1)
        return [float(log_p[i - 1, whole[i]]) for i in range(len(head), len(whole))]

    def score(self, p, prompt, title):
        def of(before):
            each = self.log_p(before, p["lead"] + title)
            return sum(each) / (len(each) if p["score"] == "mean" else 1)

        return of(prompt) - (of(p["premise"]) if p["calibration"] == "domain" else 0)

    def prompt(self, p, history, titles):
        """With as much of the history as leaves room for the longest title."""
        named = [titles[i] for i in history if titles[i]][-p["history"]:]
        longest = max(self.length(p["prompt"] + p["lead"] + t) for t in titles if t) - self.length(p["prompt"])
        for first in range(max(1, len(named))):
            prompt = p["prompt"].replace("{history}", p["separator"].join(named[first:]) or p["nothing"])
            if self.length(prompt) + longest <= self.room:
                return prompt
        raise ValueError("no room")


def main(out, models):
    found = []
    for name, folder in models:
        model = Model(folder)
        for case in CASES:
            p = {**DEFAULTS, **case}
            titles = [words(t, p["title_words"]) for t in TITLES]
            scores = []
            for history in HISTORIES:
                prompt = model.prompt(p, history, titles)
                scores.append([model.score(p, prompt, t) if t else None for t in titles])
            found.append({"model": name, "params": case, "scores": scores})
    about = {"transformers": transformers.__version__, "torch": torch.__version__, "titles": TITLES, "histories": HISTORIES, "cases": found}
    with open(out, "w", encoding="utf-8") as file:
        json.dump(about, file, ensure_ascii=False)


if __name__ == "__main__":
    main(sys.argv[1], [a.split("=", 1) for a in sys.argv[2:]])
