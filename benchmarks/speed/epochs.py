"""One work, all contenders: resident steps, loading, and an epoch with evaluation."""

from __future__ import annotations

from typing import Any

from benchmarks.speed.ours import Ours
from benchmarks.speed.plain import Plain
from benchmarks.speed.rival import Rival
from benchmarks.speed.timms import Timm
from benchmarks.speed.torchvisions import Torchvision
from benchmarks.speed.turns import in_turn, rate, ratios, timed
from benchmarks.speed.work import Work

RIVALS: tuple[type[Rival], ...] = (Plain, Timm, Torchvision)
CHOICE_IMAGES = 768


def measure(
    work: Work, *, rounds: int, worker_counts: tuple[int, ...] = (0, 1, 2)
) -> dict[str, Any]:
    """Rates in images per second, and how many times as fast as each rival Bakeoff is.

    Every rival gets the number of loader workers that was fastest in a short trial of its own.
    The timed part is scaled to a whole epoch: its training images at the training rate and its
    test images at the evaluation rate. Loaders run between the turns of one contender without
    being started anew, as mid-epoch.
    """
    contenders: dict[str, Ours | Rival] = {"bakeoff": Ours(work)}
    trials: dict[str, dict[str, float]] = {}
    for kind in RIVALS:
        contenders[kind.name], trials[kind.name] = _with_best_workers(kind, work, worker_counts)
    for contender in contenders.values():
        contender.train(2)
        contender.evaluate(work.evaluation_batch)
        contender.resident(1)
    steps, device = work.steps, work.device
    trained = steps * work.batch
    parts = {
        "train": ({n: _calling(c.train, steps) for n, c in contenders.items()}, trained),
        "resident": ({n: _calling(c.resident, steps) for n, c in contenders.items()}, trained),
        "load": ({n: _calling(c.load, steps) for n, c in contenders.items()}, trained),
        "evaluate": (
            {n: _calling(c.evaluate, work.test_images) for n, c in contenders.items()},
            work.test_images,
        ),
    }
    rates: dict[str, dict[str, float]] = {}
    for part, (calls, images) in parts.items():
        seconds = in_turn(calls, rounds if part != "resident" else max(1, rounds - 1), device)
        rates[part] = {name: rate(spent, images) for name, spent in seconds.items()}
    for contender in contenders.values():
        contender.close()
    facts = work.facts
    whole = {
        name: facts.train_images / rates["train"][name]
        + facts.test_images / rates["evaluate"][name]
        for name in contenders
    }
    return {
        "title": work.title,
        "model": work.job.model,
        "recipe": work.job.arm,
        "batch": work.batch,
        "side": work.recipe.resolution.train,
        "timed": {
            "steps": steps,
            "images": trained,
            "test_images": work.test_images,
            "rounds": rounds,
        },
        "workers": {n: c.workers for n, c in contenders.items()},
        "worker_trials": trials,
        "rates": rates,
        "epoch_seconds": whole,
        "ratios": {
            **{part: ratios(found) for part, found in rates.items()},
            "epoch": ratios({name: 1 / seconds for name, seconds in whole.items()}),
        },
        "target": work.target,
        "goal": work.goal,
    }


def _calling(act: Any, count: int) -> Any:
    return lambda: act(count)


def _with_best_workers(
    kind: type[Rival], work: Work, counts: tuple[int, ...]
) -> tuple[Rival, dict[str, float]]:
    """The rival with as many loader workers as served it best, and what each number gave."""
    steps = max(2, round(CHOICE_IMAGES / work.batch))
    found: dict[str, float] = {}
    best: Rival | None = None
    for count in counts:
        rival = kind(work, count)
        rival.train(2)
        found[str(count)] = steps * work.batch / timed(lambda r=rival: r.train(steps), work.device)
        if found[str(count)] == max(found.values()):
            if best is not None:
                best.close()
            best = rival
        else:
            rival.close()
    assert best is not None
    return best, found
