from dataclasses import dataclass

import cllm4rec


class Lines(cllm4rec.Dataset):
    """A file with `user item rating time` and a file with `item title` in each line"""

    name = "lines"

    @dataclass
    class Params:
        path: str = cllm4rec.param(doc="file of the interactions", path=True)
        titles: str = cllm4rec.param(doc="file of the titles", path=True)

    def interactions(self):
        for line in open(self.params.path, encoding="utf-8"):
            user, item, rating, time = line.split()
            yield cllm4rec.Interaction(user, item, float(rating), int(time))

    def texts(self):
        for line in open(self.params.titles, encoding="utf-8"):
            item, title = line.rstrip("\n").split(" ", 1)
            yield cllm4rec.DataText("title", title, item=item)

    def attributes(self):
        for line in open(self.params.titles, encoding="utf-8"):
            item, title = line.rstrip("\n").split(" ", 1)
            yield cllm4rec.DataAttribute("words", "item", "set", item, sorted(set(title.split())))


if __name__ == "__main__":
    cllm4rec.serve(Lines)
