"""Makes parzen.json, tpe.json, halton.json and benchmarks.json: what Optuna and SciPy compute on
what the tests of core/search compute.

    pip install optuna==4.5.0 scipy==1.17.1 numpy==2.4.6
    python peers.py

Seeds stand in the code; the files do not change when it is run again with these versions.
"""
import functools
import json
import math
import pathlib
import warnings

import numpy as np
import optuna
import scipy
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import TPESampler
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator, _ParzenEstimatorParameters
from optuna.samplers._tpe.probability_distributions import _BatchedCategoricalDistributions
from optuna.samplers._tpe.sampler import default_gamma, default_weights, _split_trials
from optuna.trial import TrialState, create_trial
from scipy.stats import qmc

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore")
# NumPy's default sort leaves the order of equal numbers open, and with it which of two equal observations has which
# width; here the earlier one comes first.
np.argsort = functools.partial(np.argsort, kind="stable")
HERE = pathlib.Path(__file__).parent
VERSIONS = {"optuna": optuna.__version__, "scipy": scipy.__version__, "numpy": np.__version__}


def write(name, **content):
    (HERE / name).write_text(json.dumps({"versions": VERSIONS, **content}) + "\n")


KINDS = [
    ({"name": "x", "kind": "float", "low": -5, "high": 10}, FloatDistribution(-5, 10)),
    ({"name": "x", "kind": "float", "low": 1e-5, "high": 0.1, "log": True}, FloatDistribution(1e-5, 0.1, log=True)),
    ({"name": "x", "kind": "float", "low": 0, "high": 1, "step": 0.1}, FloatDistribution(0, 1, step=0.1)),
    ({"name": "x", "kind": "int", "low": 1, "high": 64}, IntDistribution(1, 64)),
    ({"name": "x", "kind": "int", "low": 16, "high": 256, "step": 16}, IntDistribution(16, 256, step=16)),
    ({"name": "x", "kind": "int", "low": 1, "high": 1000, "log": True}, IntDistribution(1, 1000, log=True)),
    ({"name": "x", "kind": "categorical", "choices": ["a", "b", "c"]}, CategoricalDistribution(["a", "b", "c"])),
]
DEFAULTS = _ParzenEstimatorParameters(
    prior_weight=1.0, consider_magic_clip=True, consider_endpoints=False, weights=default_weights, multivariate=False,
    categorical_distance_func={},
)


def draw(rng, dist):
    """A value in Optuna's internal form, without repetition being likely."""
    if isinstance(dist, CategoricalDistribution):
        return float(rng.integers(len(dist.choices)))
    if dist.log:
        x = math.exp(rng.uniform(math.log(dist.low), math.log(dist.high)))
    else:
        x = rng.uniform(dist.low, dist.high)
    if dist.step is not None:
        x = round(dist.low + round((x - dist.low) / dist.step) * dist.step, 10)
    return float(x)


def parzen():
    rng = np.random.default_rng(1)
    cases = []
    for parameter, dist in KINDS:
        for n in (0, 1, 2, 7, 24, 25, 26, 40, 130):
            observations = [draw(rng, dist) for _ in range(n)]
            candidates = [draw(rng, dist) for _ in range(12)]
            if n >= 2 and not isinstance(dist, CategoricalDistribution):
                observations[0], candidates[0], candidates[1] = float(dist.low), float(dist.low), float(dist.high)
            estimator = _ParzenEstimator({"x": np.array(observations)}, {"x": dist}, DEFAULTS)
            mixture = estimator._mixture_distribution
            part = mixture.distributions[0]
            case = {
                "parameter": parameter, "observations": observations, "candidates": candidates,
                "weights": mixture.weights.tolist(),
                "log_density": estimator.log_pdf({"x": np.array(candidates)}).tolist(),
            }
            if isinstance(part, _BatchedCategoricalDistributions):
                case["chances"] = part.weights.tolist()
            else:
                case["mus"], case["sigmas"] = part.mu.tolist(), part.sigma.tolist()
            cases.append(case)
    write("parzen.json", cases=cases)


def tpe():
    """Which of given candidates Optuna takes after given histories."""
    rng = np.random.default_rng(2)
    space = {
        "rate": FloatDistribution(1e-4, 1.0, log=True), "depth": IntDistribution(1, 8), "kind": CategoricalDistribution(["a", "b"]),
        "drop": FloatDistribution(0, 0.9, step=0.1),
    }
    cases = []
    for direction, n in (("minimize", 10), ("maximize", 37), ("minimize", 90), ("maximize", 300)):
        study = optuna.create_study(direction=direction, sampler=TPESampler(seed=0))
        history = []
        for number in range(n):
            params = {k: d.to_external_repr(draw(rng, d)) for k, d in space.items()}
            if params["kind"] == "b":
                del params["drop"]  # which exists only beside kind a
            value, step = float(rng.normal()), int(rng.integers(1, 4))
            pruned = number % 9 == 8
            trial = create_trial(
                params=params, distributions={k: space[k] for k in params}, value=None if pruned else value,
                state=TrialState.PRUNED if pruned else TrialState.COMPLETE, intermediate_values={step: value} if pruned else {},
            )
            study.add_trial(trial)
            history.append({"params": params, "state": "pruned" if pruned else "complete", "value": value, "step": step if pruned else 0})
        trials = study.get_trials(deepcopy=False)
        below, above = _split_trials(study, trials, default_gamma(len(trials)), False)
        picks = {}
        for name, dist in space.items():
            estimators = [study.sampler._build_parzen_estimator(study, {name: dist}, part, True) for part in (below, above)]
            candidates = np.array([draw(rng, dist) for _ in range(24)])
            ratio = study.sampler._compute_acquisition_func({name: candidates}, *estimators)
            picks[name] = {"candidates": candidates.tolist(), "ratios": ratio.tolist(), "best": int(np.argmax(ratio))}
        cases.append({"direction": direction, "history": history, "below": [t.number for t in below], "picks": picks})
    write("tpe.json", cases=cases)


def halton():
    write("halton.json", points=qmc.Halton(d=7, scramble=False).random(300).tolist())


def branin(t):
    x, y = t.suggest_float("x", -5, 10), t.suggest_float("y", 0, 15)
    a = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return a**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def mixture(t):
    """Six parameters; the last two exist only beside one kind each."""
    kind = t.suggest_categorical("kind", ["tree", "net", "none"])
    loss = (math.log10(t.suggest_float("rate", 1e-5, 1, log=True)) + 2) ** 2 / 4
    loss += abs(t.suggest_int("units", 8, 512, log=True) - 96) / 96 * 0.5
    loss += (t.suggest_float("drop", 0, 0.9, step=0.1) - 0.3) ** 2 * 2
    if kind == "tree":
        return loss + abs(t.suggest_int("depth", 1, 20) - 7) * 0.1 + 0.2
    if kind == "net":
        return loss + (t.suggest_float("width", -2, 2) - 1) ** 2
    return loss + 1.5


def noisy(t):
    """A quadratic in the logarithm, with noise that is a function of the settings and the trial's number."""
    x, y = t.suggest_float("x", 1e-6, 1e2, log=True), t.suggest_float("y", 1e-3, 1e3, log=True)
    u, v = math.log10(x), math.log10(y)
    return (u + 2) ** 2 + 0.5 * (v - 1) ** 2 + 0.3 * math.sin(1000 * u + 77 * v + t.number)


def benchmarks(trials=60, seeds=20):
    found = {}
    for function in (branin, mixture, noisy):
        found[function.__name__] = []
        for seed in range(seeds):
            study = optuna.create_study(sampler=TPESampler(seed=seed))
            study.optimize(function, n_trials=trials)
            found[function.__name__].append(study.best_value)
    write("benchmarks.json", trials=trials, best=found)


for make in (parzen, tpe, halton, benchmarks):
    make()
