"""Equal tuning: every arm gets the same number of trials, none of which meets a test image.

A trial is a run of a small bake-off of its own, in the folder `_trials`, on part of the training
images and judged on the rest of them; so it resumes, fails and is recorded as every run is.
One search chooses for all seeds of an arm, or each seed has one of its own, whose luck is then part
of the spread between seeds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bakeoff.bakeoffs.execution.workers import Numbered
from bakeoff.bakeoffs.planning.holdout import hold_out
from bakeoff.bakeoffs.planning.learning_rate_variants import with_factor
from bakeoff.bakeoffs.planning.plan import Plan
from bakeoff.bakeoffs.planning.planned_runs import PlannedRuns, job_with
from bakeoff.bakeoffs.specification.search_space import Range, TuneSpec, draw, tidy, with_shape
from bakeoff.bakeoffs.specification.spec import BakeoffSpec
from bakeoff.errors import RunFailed, UsageError
from bakeoff.recipes.budget import Budget
from bakeoff.recipes.scaling import Choice
from bakeoff.recipes.values import training_values
from bakeoff.records.manifest import TrialFacts, TunedArm, TuningFacts
from bakeoff.records.schema import Record, RunTuning

Drawn = dict[str, list[dict[str, Any]]]
"""For each arm, the values of its trials so far."""
CarryOut = Callable[[Plan], Sequence[Record]]
"""Runs the trials of a plan that have no record yet; the records of all of them, in its order."""


@dataclass(frozen=True, slots=True)
class Search:
    """seed: of the runs that it chooses for; None for all."""

    tune: TuneSpec
    seed: int | None = None

    @property
    def draws(self) -> tuple[int, ...]:
        """What the trials' values are drawn with."""
        return (self.tune.seed,) if self.seed is None else (self.tune.seed, self.seed)

    @property
    def trained_with(self) -> int:
        """The seed of the trials' training."""
        return self.tune.seed if self.seed is None else self.seed

    @property
    def number(self) -> int:
        """One number for what takes no more than one: the split, another tool's draws."""
        if self.seed is None:
            return self.tune.seed
        return int(np.random.SeedSequence(self.draws).generate_state(1)[0])


def tuned(plan: Plan, carry_out: CarryOut) -> tuple[Plan, TuningFacts]:
    """The plan with the values pinned that one search chose for each arm, and all that was tried.

    Raises what `_searched` does.
    """
    tune = plan.spec.tune
    assert tune is not None
    arms = [arm for arm in plan.arms if arm.factor == 1]
    about = _about(tune, arms, _searched(plan, Search(tune), arms, carry_out))
    chosen = {arm.arm: arm for arm in about.arms}
    pinned = tuple(
        dataclasses.replace(arm, job=_pinned(plan, arm, chosen[arm.arm_name], about))
        for arm in plan.arms
    )
    return dataclasses.replace(plan, arms=pinned), about


def tuned_by_seed(
    plan: Plan, jobs: Sequence[Numbered], carry_out: CarryOut
) -> tuple[list[Numbered], TuningFacts]:
    """These runs with the values pinned that a search for each of their seeds chose.

    Raises what `_searched` does.
    """
    tune = plan.spec.tune
    assert tune is not None
    by_name = {arm.job.arm: arm for arm in plan.arms}
    facts: list[TunedArm] = []
    for seed in dict.fromkeys(job.seed for _, job in jobs):
        wanted = {by_name[job.arm].arm_name for _, job in jobs if job.seed == seed}
        search = Search(tune, seed)
        arms = [arm for arm in plan.arms if arm.factor == 1 and arm.arm_name in wanted]
        held = {
            id(data): hold_out(data, tune.holdout, search.number)
            for data in (arm.job.dataset for arm in arms)
        }
        own = [dataclasses.replace(arm, held=held[id(arm.job.dataset)]) for arm in arms]
        facts += _searched(plan, search, own, carry_out)
    about = _about(tune, [arm for arm in plan.arms if arm.factor == 1], facts)
    chosen = {(arm.arm, arm.seed): arm for arm in facts}
    pinned = []
    for number, job in jobs:
        arm = by_name[job.arm]
        found = _pinned(plan, arm, chosen[arm.arm_name, job.seed], about)
        pinned.append((number, dataclasses.replace(found, seed=job.seed)))
    return pinned, about


def joined(before: TuningFacts | None, now: TuningFacts) -> TuningFacts:
    """All searches that were made, those of earlier seeds first."""
    if before is None or now.searches == "one":
        return now
    again = {(arm.arm, arm.seed) for arm in now.arms}
    earlier = tuple(arm for arm in before.arms if (arm.arm, arm.seed) not in again)
    return now.model_copy(update={"arms": earlier + now.arms})


def _about(tune: TuneSpec, arms: Sequence[PlannedRuns], facts: Sequence[TunedArm]) -> TuningFacts:
    first = arms[0].held
    assert first is not None
    return TuningFacts(
        trials=tune.trials,
        search=tune.search,
        searches=tune.searches,
        seed=tune.seed,
        training_images=len(first.dataset.train.labels),
        held_out_images=len(first.dataset.test.labels),
        held_out_hash=first.index_hash,
        arms=tuple(facts),
    )


def _searched(
    plan: Plan, search: Search, arms: Sequence[PlannedRuns], carry_out: CarryOut
) -> list[TunedArm]:
    """What one search tried and chose for each arm.

    The trial with the highest accuracy on the held-out images is chosen; of equal ones that with
    the lower test cross-entropy, then the earlier one. A failed trial counts, and is never chosen.
    Raises UsageError (ranges that do not fit an arm), or RunFailed where all trials of one failed.
    """
    tune = search.tune
    if tune.search == "optuna":
        drawn, records = _by_optuna(plan, search, arms, carry_out)
    else:
        drawn = {
            arm.job.arm: [
                draw(_ranges(tune, arm), _recipe(arm), seed=search.draws, trial=trial)
                for trial in range(tune.trials)
            ]
            for arm in arms
        }
        records = _carried(plan, search, arms, drawn, carry_out)
    return [_facts(search, arm, drawn[arm.job.arm], records[arm.job.arm]) for arm in arms]


def outline(plan: Plan) -> list[PlannedRuns]:
    """The first random trial of every arm: each of its trials is as long. Empty without tuning."""
    tune = plan.spec.tune
    if tune is None:
        return []
    search = Search(tune)
    return [
        _trial(
            plan,
            search,
            arm,
            0,
            draw(_ranges(tune, arm), _recipe(arm), seed=search.draws, trial=0),
        )
        for arm in plan.arms
        if arm.factor == 1
    ]


def trial_places(spec: BakeoffSpec, arm: str) -> list[tuple[str, int]]:
    """(name, seed) of every trial of an arm, in all its searches; empty without tuning."""
    if spec.tune is None:
        return []
    each = spec.seeds if spec.tune.searches == "per-seed" else (None,)
    return [
        (f"{arm}+trial{trial}", Search(spec.tune, seed).trained_with)
        for seed in each
        for trial in range(spec.tune.trials)
    ]


def _ranges(tune: TuneSpec, arm: PlannedRuns) -> dict[str, Range]:
    """The bake-off's ranges, and the arm's own in their place; UsageError where one is pinned."""
    ranges = {**tune.ranges, **arm.spec.tune}
    both = sorted(ranges.keys() & arm.spec.pin.keys())
    if both:
        raise UsageError(
            f"{arm.job.arm} pins {both[0]}, which is tuned", "Remove it from pin, or from tune"
        )
    return ranges


def _recipe(arm: PlannedRuns) -> Any:
    return arm.job.scaled.recipe


def _trial_plan(plan: Plan, search: Search, arms: Sequence[PlannedRuns], drawn: Drawn) -> Plan:
    """The trials as a bake-off: an arm a trial, trial by trial, so that arms stay level."""
    spec = plan.spec.model_copy(
        update={
            "question": "which values of each recipe do best on held-out training images?",
            "seeds": (search.trained_with,),
            "also_test": (),
            "groups": None,
            "looks": None,
            "tune": None,
            "robust": None,
            "floors": False,
            "paired": False,
            "published": (),
            "ablate": None,
        }
    )
    most = max(len(trials) for trials in drawn.values())
    trials = [
        _trial(plan, search, arm, number, drawn[arm.job.arm][number])
        for number in range(most)
        for arm in arms
    ]
    # Trials are as long as the plan says; only its own runs could show that its rate was wrong.
    return dataclasses.replace(
        plan, spec=spec, arms=tuple(trials), notices=(), facts=None, near_duplicates=None
    )


def _trial(
    plan: Plan, search: Search, arm: PlannedRuns, number: int, values: Mapping[str, Any]
) -> PlannedRuns:
    assert arm.held is not None
    dataset = arm.held.dataset
    images = arm.job.budget.allowed or arm.job.budget.images
    if search.tune.budget is not None:
        images = Budget.parse(search.tune.budget).images(len(dataset.train.labels)) or images
    recipe = _recipe(arm)
    # The batch is that of the arm's runs: chosen anew for fewer images, it would change what the
    # drawn rate means.
    pins = {"batch_size": recipe.batch_size, **with_shape(values, recipe)}
    where = f"drawn for trial {number}"
    job = job_with(
        plan.spec,
        arm,
        pins,
        dataset=dataset,
        images=images,
        chosen=dict.fromkeys(pins, Choice("tuned", where)),
        notes=(
            f"a trial: judged on {len(dataset.test.labels):,} training images that were held out,"
            " not on the test set",
        ),
    )
    name = f"{arm.job.arm}+trial{number}"
    return dataclasses.replace(
        arm, job=dataclasses.replace(job, arm=name, seed=search.trained_with)
    )


def _carried(
    plan: Plan, search: Search, arms: Sequence[PlannedRuns], drawn: Drawn, carry_out: CarryOut
) -> dict[str, list[Record]]:
    trials = _trial_plan(plan, search, arms, drawn)
    records: dict[str, list[Record]] = {arm.job.arm: [] for arm in arms}
    for trial, record in zip(trials.arms, carry_out(trials), strict=True):
        if record.status == "incomplete":
            # Not spent: chosen without it, another call that finishes it might choose otherwise.
            said = record.failure.message if record.failure else "it was stopped"
            raise RunFailed(f"{record.arm} is not finished: {said}", "Run the same command again")
        records[trial.arm_name].append(record)
    return records


def _by_optuna(
    plan: Plan, search: Search, arms: Sequence[PlannedRuns], carry_out: CarryOut
) -> tuple[Drawn, dict[str, list[Record]]]:
    """Trials asked of Optuna round by round; the same answers give the same questions, so an
    interrupted search is asked anew and finds its records."""
    try:
        import optuna
    except ImportError:
        raise UsageError(
            "search: optuna needs Optuna", "pip install 'bakeoff[tune]', or search: random"
        ) from None
    tune = search.tune
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    studies = {
        arm.job.arm: optuna.create_study(
            direction="maximize", sampler=optuna.samplers.TPESampler(seed=search.number)
        )
        for arm in arms
    }
    drawn: Drawn = {arm.job.arm: [] for arm in arms}
    records: dict[str, list[Record]] = {}
    for number in range(tune.trials):
        asked = {}
        for arm in arms:
            own = training_values(_recipe(arm))
            ranges = _ranges(tune, arm)
            trial = studies[arm.job.arm].ask(
                {key: _distribution(item, own.get(key)) for key, item in ranges.items()}
            )
            asked[arm.job.arm] = trial
            drawn[arm.job.arm].append(
                {
                    key: value if ranges[key].choices else tidy(value, own.get(key))
                    for key, value in trial.params.items()
                }
            )
        records = _carried(plan, search, arms, drawn, carry_out)
        for name, trial in asked.items():
            result = records[name][number].result
            if result is None:
                studies[name].tell(trial, state=optuna.trial.TrialState.FAIL)
            else:
                studies[name].tell(trial, result.accuracy)
    return drawn, records


def _distribution(item: Range, own: Any) -> Any:
    from optuna import distributions

    if item.choices:
        return distributions.CategoricalDistribution(item.choices)
    low, high = item.ends(own)
    if isinstance(own, int) and not isinstance(own, bool):
        return distributions.IntDistribution(round(low), round(high), log=item.log)
    return distributions.FloatDistribution(low, high, log=item.log)


def _facts(
    search: Search, arm: PlannedRuns, drawn: Sequence[dict[str, Any]], records: Sequence[Record]
) -> TunedArm:
    """What was tried for one arm, and what was chosen."""
    trials = tuple(
        TrialFacts(
            number=number,
            values=values,
            status=record.status,
            accuracy=None if record.result is None else record.result.accuracy,
            loss=None if record.result is None else record.result.loss,
            images=record.cost.images if record.cost else 0,
            seconds=record.cost.seconds if record.cost else 0.0,
            flops=record.cost.flops if record.cost else 0.0,
        )
        for number, (values, record) in enumerate(zip(drawn, records, strict=True))
    )
    finished = [t for t in trials if t.accuracy is not None and t.loss is not None]
    if not finished:
        raise RunFailed(
            f"all {len(trials)} trials of {arm.job.arm} failed", "Move the ranges under tune"
        )
    best = max(finished, key=lambda t: (t.accuracy, -(t.loss or 0.0), -t.number))
    return TunedArm(
        arm=arm.job.arm,
        ranges={key: str(item) for key, item in _ranges(search.tune, arm).items()},
        seed=search.seed,
        chosen=best.values,
        trial=best.number,
        trials=trials,
    )


def _pinned(plan: Plan, arm: PlannedRuns, chosen: TunedArm, about: TuningFacts) -> Any:
    """The arm's job by the chosen values, whose source is the tuning."""
    before = _recipe(arm)
    if arm.factor != 1:
        # A variant's own job carries its factor already; the choice was made for the arm itself.
        before = next(a for a in plan.arms if a.factor == 1 and a.arm_name == arm.arm_name)
        before = _recipe(before)
    pins = with_shape(chosen.chosen, before)
    where = (
        f"the best of {about.trials} trials by accuracy on {about.held_out_images:,} held-out"
        " training images"
    )
    if chosen.seed is not None:
        where += f", in a search of its own for seed {chosen.seed}"
    tuning = RunTuning(
        values=chosen.chosen,
        trial=chosen.trial,
        trials=about.trials,
        search=about.search,
        searches=about.searches,
        how=where,
    )
    chosen_by = dict.fromkeys(pins, Choice("tuned", where))
    job = job_with(plan.spec, arm, pins, chosen=chosen_by, notes=(), tuning=tuning)
    return job if arm.factor == 1 else with_factor(plan.spec, arm, job)
