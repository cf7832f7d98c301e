"""What transformers itself computes with a folder: one text at a time, without padding, in float64.

    python testdata/reference.py FOLDER OUT.json TEXT ...
"""

import json
import sys

import torch
import transformers


def write(folder, texts, out):
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager").eval()
    found = []
    for text in texts:
        whole = tokenizer(text).input_ids
        ids = tokenizer(text, add_special_tokens=False).input_ids
        n = len(whole) - len(ids)
        assert whole[n:] == ids
        with torch.no_grad():
            got = model(torch.tensor([whole]), output_hidden_states=True)
        log_p = torch.log_softmax(got.logits[0], -1)
        # The loss of all words but the first of the text.
        nll = -sum(float(log_p[n + i - 1, ids[i]]) for i in range(1, len(ids)))
        states = got.hidden_states[-1][0, n:]
        found.append({"text": text, "ids": ids, "nll": nll, "mean": states.mean(0).tolist(), "last": states[-1].tolist()})
    about = {"transformers": transformers.__version__, "torch": torch.__version__, "texts": found}
    with open(out, "w", encoding="utf-8") as file:
        json.dump(about, file, ensure_ascii=False)


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[3:], sys.argv[2])
