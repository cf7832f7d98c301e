"""RecBole's own model, data loader and trainer over the training data of this project."""

from __future__ import annotations

import os
import random
import tempfile
from typing import Any, Callable, Dict, Iterator, List

import catalogue
import cllm4rec
import numpy as np
import pandas as pd
import torch
from recbole.config import Config
from recbole.data import dataset as datasets
from recbole.data.interaction import Interaction
from recbole.data.utils import get_dataloader
from recbole.model.general_recommender import admmslim
from recbole.sampler import RepeatableSampler, Sampler
from recbole.trainer import trainer as trainers
from recbole.utils import FeatureSource, FeatureType, ModelType, get_model, get_trainer

trainers.get_tensorboard = lambda logger: None  # it would write a folder
admmslim.add_noise = lambda scores: scores  # it would answer otherwise every time; ties are broken by the SDK

USER, ITEM, TIME = "user_id", "item_id", "timestamp"
# What the experiment has decided. The split is never asked for: what is given is trained on.
_OURS = {
    "load_col": None, "rm_dup_inter": None, "filter_inter_by_user_or_item": False, "user_inter_num_interval": None, "item_inter_num_interval": None,
    "state": "WARNING", "show_progress": False, "save_dataset": False, "save_dataloaders": False, "gpu_id": "", "reproducibility": True,
    "checkpoint_dir": tempfile.gettempdir(), "log_wandb": False,
}


def config(model: str, given: Dict[str, Any], device: str) -> Any:
    """RecBole's settings: its defaults for the model, under what is given, under what the experiment has decided."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    settings = {**catalogue.own(model), **given}
    if settings.get("loss_type") == "CE" and get_model(model).type == ModelType.SEQUENTIAL:
        given = {"train_neg_sample_args": None, **given}  # RecBole asks for it
    made = Config(model=model, dataset="cllm4rec", config_dict={**given, **_OURS})
    os.environ.pop("CUDA_VISIBLE_DEVICES", None)  # RecBole's own, which would hide the device
    if visible is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = visible
    made["device"] = torch.device(device or "cpu")
    made["use_gpu"] = device.startswith("cuda")
    return made


def seed(number: int) -> None:
    """Seeds everything that RecBole draws from."""
    random.seed(number)
    np.random.seed(number % 2**32)
    torch.manual_seed(number % 2**63)


def dataset(settings: Any, users: np.ndarray, items: np.ndarray, n_users: int, n_items: int) -> Any:
    """A dataset of RecBole with exactly these rows. Users and items have their number plus one, as its 0 is padding; those
    without a row are there too. Times are the places in the histories."""
    sequential = settings["MODEL_TYPE"] == ModelType.SEQUENTIAL
    base = getattr(datasets, settings["model"] + "Dataset", None) or (datasets.SequentialDataset if sequential else datasets.Dataset)

    class Given(base):  # type: ignore[misc, valid-type]
        def _load_data(self, token: str, path: str) -> None:
            self.user_feat = self.item_feat = None
            self.inter_feat = pd.DataFrame({USER: users.astype(np.int64) + 1, ITEM: items.astype(np.int64) + 1, TIME: np.arange(len(users), dtype=np.float64)})
            for field, type_, source in (
                (USER, FeatureType.TOKEN, FeatureSource.USER_ID), (ITEM, FeatureType.TOKEN, FeatureSource.ITEM_ID),
                (TIME, FeatureType.FLOAT, FeatureSource.INTERACTION),
            ):
                self.set_field_property(field, type_, source, 1)
            self.field2bucketnum[TIME] = 2
            for field, n in ((USER, n_users), (ITEM, n_items)):
                tokens = ["[PAD]"] + [str(i) for i in range(n)]
                self.field2id_token[field] = np.array(tokens)
                self.field2token_id[field] = {t: i for i, t in enumerate(tokens)}

        def _data_filtering(self) -> None:
            pass

        def _remap_ID_all(self) -> None:
            pass

        def _fill_nan(self) -> None:
            pass

    made = Given(settings)
    made._change_feat_format()
    return made


def loader(settings: Any, data: Any) -> Any:
    """RecBole's data loader for training, with its own negatives."""
    args, sampler = settings["train_neg_sample_args"], None
    if args["distribution"] != "none":
        make, source = (RepeatableSampler, data) if settings["repeatable"] else (Sampler, [data])
        sampler = make(["train"], source, args["distribution"], args["alpha"]).set_phase("train")
    return get_dataloader(settings, "train")(settings, data, sampler, shuffle=settings["shuffle"])


class Watched:
    """A data loader that tells how far it is, and ends when the runner does not want the epoch any more."""

    def __init__(self, inner: Any, tell: Callable[[int, int], None]):
        self._inner, self._tell = inner, tell

    def __len__(self) -> int:
        return len(self._inner)

    def __iter__(self) -> Iterator[Any]:
        for i, batch in enumerate(self._inner):
            yield batch
            self._tell(i + 1, len(self._inner))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Training:
    """A model of RecBole with its trainer."""

    def __init__(self, model: str, given: Dict[str, Any], users: np.ndarray, items: np.ndarray, n_users: int, n_items: int, number: int, device: str):
        torch.set_num_threads(1)  # its sums would depend on the number
        self.settings = config(model, given, device)
        seed(number)
        self.settings["seed"] = number % 2**63
        self.data = dataset(self.settings, users, items, n_users, n_items)
        if len(self.data) == 0:
            raise cllm4rec.BadData(f"{model} learns from pairs of neighbours in a history, and no user has two items")
        self.loader = loader(self.settings, self.data)
        self.model = get_model(model)(self.settings, self.data).to(self.settings["device"])
        self.trainer = get_trainer(self.settings["MODEL_TYPE"], model)(self.settings, self.model)
        self.traditional = self.settings["MODEL_TYPE"] == ModelType.TRADITIONAL
        self.sequential = self.settings["MODEL_TYPE"] == ModelType.SEQUENTIAL
        if (self.settings["train_neg_sample_args"] or {}).get("dynamic"):
            self.loader.get_model(self.model)

    def epoch(self, number: int, given_seed: int, tell: Callable[[int, int], None]) -> cllm4rec.EpochResult:
        if self.traditional:  # all was done at its making
            return cllm4rec.EpochResult(0.0, 1, len(self.data))
        seed(given_seed)
        self.loader.generator.manual_seed(given_seed % 2**63)
        if hasattr(self.model, "e_step") and (number - 1) % self.settings["m_step"] == 0:  # as NCLTrainer.fit does
            self.model.e_step()
        try:
            loss = self.trainer._train_epoch(Watched(self.loader, tell), number - 1)
        except ValueError as e:
            if "loss is nan" in str(e):
                raise cllm4rec.NonFinite(f"the loss of epoch {number} is NaN") from e
            raise
        total = sum(loss) if isinstance(loss, tuple) else loss
        return cllm4rec.EpochResult(float(total) / max(1, len(self.loader)), max(1, len(self.loader)), len(self.data))

    @torch.no_grad()
    def score(self, users: np.ndarray, histories: List[np.ndarray]) -> np.ndarray:
        """Scores of all items, [len(users), n_items]."""
        self.model.eval()
        batch = self._batch(users, histories).to(self.settings["device"])
        try:
            scores = self.model.full_sort_predict(batch)
        except NotImplementedError:
            scores = self._item_by_item(batch, len(users))
        return scores.reshape(len(users), -1)[:, 1:].cpu().numpy()

    def _batch(self, users: np.ndarray, histories: List[np.ndarray]) -> Any:
        fields = {USER: torch.as_tensor(users.astype(np.int64) + 1)}
        if self.sequential:
            longest = self.settings["MAX_ITEM_LIST_LENGTH"]
            rows, lengths = np.zeros((len(users), longest), np.int64), np.ones(len(users), np.int64)
            for row, (out, history) in enumerate(zip(rows, histories)):
                last = history[-longest:]
                out[:len(last)] = last.astype(np.int64) + 1
                lengths[row] = max(1, len(last))  # nothing at all is one padding
            fields[ITEM + self.settings["LIST_SUFFIX"]] = torch.as_tensor(rows)
            fields[self.settings["ITEM_LIST_LENGTH_FIELD"]] = torch.as_tensor(lengths)
        return Interaction(fields)

    def _item_by_item(self, batch: Any, n: int) -> Any:
        """For models that score pairs alone."""
        all_items = torch.arange(self.data.item_num, device=self.settings["device"])
        out = []
        for i in range(n):
            pairs = batch[i:i + 1].repeat_interleave(len(all_items)) if hasattr(batch, "repeat_interleave") else batch[torch.full_like(all_items, i).cpu()]
            pairs.update(Interaction({ITEM: all_items}))
            out.append(self.model.predict(pairs.to(self.settings["device"])))
        return torch.stack(out)

    def state(self) -> Dict[str, np.ndarray]:
        """What was learnt and the optimisers, as arrays."""
        out = {"model/" + name: tensor.cpu().numpy() for name, tensor in self.model.state_dict().items()}
        # Some models count their steps in an attribute, such as MultiVAE for its annealing.
        out.update({"number/" + name: np.array(value) for name, value in vars(self.model).items() if type(value) in (int, float)})
        for name, optimiser in self._optimisers().items():
            for index, values in optimiser.state_dict()["state"].items():
                for key, value in values.items():
                    out[f"optimiser/{name}/{index}/{key}"] = torch.as_tensor(value).cpu().numpy()
        return out

    def _optimisers(self) -> Dict[str, Any]:
        found: Dict[str, Any] = {}
        for name, value in sorted(vars(self.trainer).items()):
            if isinstance(value, torch.optim.Optimizer) and all(value is not other for other in found.values()):
                found[name] = value
        return found

    def restore(self, state: Dict[str, np.ndarray]) -> None:
        tensors = {name: torch.as_tensor(array) for name, array in state.items()}
        self.model.load_state_dict({name[len("model/"):]: t for name, t in tensors.items() if name.startswith("model/")})
        for name, array in state.items():
            if name.startswith("number/"):
                setattr(self.model, name[len("number/"):], array.item())
        for name in getattr(self.model, "other_parameter_name", []):
            if name.startswith("restore_"):  # kept from an earlier ranking
                setattr(self.model, name, None)
        for name, optimiser in self._optimisers().items():
            parts: Dict[int, Dict[str, Any]] = {}
            prefix = f"optimiser/{name}/"
            for key, tensor in tensors.items():
                if key.startswith(prefix):
                    index, _, field = key[len(prefix):].partition("/")
                    parts.setdefault(int(index), {})[field] = tensor
            optimiser.load_state_dict({"state": parts, "param_groups": optimiser.state_dict()["param_groups"]})
