"""What a bake-off file says: arms, seeds, a data set, one budget."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bakeoff.bakeoffs.specification.budgets import one_budget_or_several, require_budget
from bakeoff.bakeoffs.specification.commands import OF_COMMANDS, OF_RECIPES, check_command
from bakeoff.bakeoffs.specification.search_space import Ranges, TuneSpec
from bakeoff.bakeoffs.specification.seed_plan import SeedPlan, seeds_and_plan
from bakeoff.data.group_names import is_table
from bakeoff.data.places import same_place
from bakeoff.errors import BadValue, UsageError
from bakeoff.published import result
from bakeoff.records.scores import Primary
from bakeoff.records.store import plain_name

MOST_ALSO = 20
SAFE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$"


class Pretraining(BaseModel):
    """What an arm's network is trained on before; a name alone is the data set's.

    recipe: by default the one that neither mirrors nor crops hard, since what is learnt is to
    serve other data. budget: of images by default, since another data set's epochs say little.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: str
    recipe: str = "standard-gentle"
    budget: str = "60000images"
    seed: int = Field(0, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _name_is_data(cls, value: Any) -> Any:
        return {"data": value} if isinstance(value, str) else value

    @field_validator("data")
    @classmethod
    def _written_one_way(cls, value: str) -> str:
        return same_place(value)

    @field_validator("budget")
    @classmethod
    def _is_a_length(cls, value: str) -> str:
        return require_budget(value)


class ArmSpec(BaseModel):
    """One arm. Model and init default to the bake-off's.

    pin: dotted recipe values fixed by hand, as in {"optimizer.lr": 0.01}. optional: leave the
    arm out, with a notice, when its pretrained weights cannot be had (else that is an error).
    without: one ingredient of the recipe that is left out, as "mixup" (see recipes.ablation).
    tune: ranges of this arm's own, beside or instead of the bake-off's.
    pretrain: a data set to train the network on first, once for all seeds, instead of an init.

    command: instead of a recipe, a program that trains one run, with {seed} and {out} where its
    seed and folder go. reads: the log in that folder, or the folder itself. map: its columns by
    role, as of `compare`. resume: words to add where an interrupted run is gone on with.
    time_limit: after which a run is killed and counts as failed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipe: str = ""
    command: str = ""
    reads: str = ""
    map: dict[str, str] = {}
    resume: str = ""
    time_limit: str = ""
    name: str = Field("", pattern=r"^$|" + SAFE_NAME)
    model: str | None = None
    init: str | None = None
    channels: int | None = Field(None, ge=1, le=4)
    pin: dict[str, Any] = {}
    optional: bool = False
    without: str = ""
    tune: Ranges = {}
    pretrain: Pretraining | None = None

    @model_validator(mode="after")
    def _one_start(self) -> Self:
        if self.pretrain is not None and self.init is not None:
            raise BadValue("an arm has both init and pretrain", "Keep one of them")
        return self

    @model_validator(mode="after")
    def _recipe_or_command(self) -> Self:
        if bool(self.recipe) == bool(self.command):
            raise BadValue("an arm wants either a recipe or a command", "Write one of them")
        own, others = (OF_COMMANDS, OF_RECIPES) if self.command else (OF_RECIPES, OF_COMMANDS)
        idle = [key for key in others if getattr(self, key) not in (None, "", False, {})]
        if idle:
            whose = "a command" if self.command else "a recipe"
            raise BadValue(
                f"{idle[0]} has no effect on an arm that is {whose}",
                f"Its keys are {', '.join(own)}",
            )
        if self.command:
            if not self.name:
                raise BadValue("an arm that is a command has no name of its own", "Give it one")
            check_command(self.command, self.resume, self.time_limit)
        return self


class BakeoffSpec(BaseModel):
    """A bake-off. seeds: a number (0, 1, …) or the list itself. data: a data set, or a list of
    them (kept in `datasets`), each with all arms and seeds.

    budget: None lets Bakeoff choose by the hardware. budgets: instead of it several lengths, in
    images or epochs; the bake-off runs at each. full, quick: what those words mean here;
    `full` defaults to the longest recipe's epochs. paired: declare, before anything runs, that
    equal seeds are pairs. published: published results to be shown beside. ablate: a recipe that
    gets an arm as it is, and one for each of its ingredients left out. micro_batch: where a batch
    does not fit, images at a time whose gradients are added up. precision: of the network's
    products in training; auto is bf16 where this device has it and it is measured to be faster.
    floors: also measure what a linear model and the nearest neighbour reach on raw pixels of the
    same test images. track: tools that are told every curve as well: tensorboard, mlflow, wandb,
    trackio.
    looks: seeds until it is decided; written `seeds: {at_most: 10, until: decided}`.
    primary: the metric that decides; the others are described until it did.
    test: "pooled" for one spread of all arms; None for Welch's test or ranks.
    groups: which test images belong together: a pattern of files' names, as "{group}_*", or a CSV.
    also_test: other test sets that each finished network is tested on; nothing is chosen by them.
    reference: the arm that reports hold the others against, else the first.
    tune: give every arm equally many trials on held-out training images first. robust: "lr" runs
    every arm also at half and at twice its learning rate, to see whether the verdicts survive.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=SAFE_NAME)
    question: str = ""
    data: str
    datasets: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    channels: int | None = Field(None, ge=1, le=4)
    model: str = "resnet50"
    init: str = "scratch"
    arms: tuple[ArmSpec, ...] = Field((), min_length=1, max_length=100)
    ablate: str | None = None
    seeds: tuple[int, ...] = (0, 1, 2)
    looks: SeedPlan | None = None
    budget: str | None = None
    budgets: tuple[str, ...] = ()
    full: str | None = None
    quick: str = "20000images"
    micro_batch: int | None = Field(None, ge=1)
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    floors: bool = False
    tune: TuneSpec | None = None
    robust: Literal["lr"] | None = None
    paired: bool = False
    primary: Primary = "accuracy"
    also_test: tuple[str, ...] = Field((), max_length=MOST_ALSO)
    test: Literal["pooled"] | None = None
    groups: str | None = Field(None, min_length=1, max_length=1000)
    reference: str = ""
    published: tuple[str, ...] = ()
    track: tuple[str, ...] = ()

    @property
    def sets(self) -> tuple[str, ...]:
        """Every data set of the bake-off."""
        return self.datasets or (self.data,)

    @property
    def commands(self) -> tuple[ArmSpec, ...]:
        """The arms that are commands."""
        return tuple(arm for arm in self.arms if arm.command)

    def without_commands(self) -> Self:
        """The same with the arms that Bakeoff trains itself."""
        return self.model_copy(update={"arms": tuple(a for a in self.arms if not a.command)})

    @property
    def lengths(self) -> tuple[str | None, ...]:
        """Every budget of the bake-off."""
        return self.budgets or (self.budget,)

    def part(self, data: str, budget: str | None) -> Self:
        """The same on one of its data sets, at one of its budgets."""
        return self.model_copy(update={"data": data, "budget": budget})

    @model_validator(mode="before")
    @classmethod
    def _one_set_or_several(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        values = one_budget_or_several(seeds_and_plan(values))
        several = values["data"] if "data" in values else values.get("datasets")
        if not isinstance(several, (list, tuple)):
            return values
        if not several or not all(isinstance(name, str) for name in several):
            raise ValueError("data wants the name of a data set, or a list of names")
        several = [same_place(name) for name in several]
        if len(set(several)) != len(several):
            raise ValueError("the same data set stands twice in data")
        alone = len(several) == 1
        return {**values, "data": several[0], "datasets": () if alone else tuple(several)}

    @field_validator("data")
    @classmethod
    def _written_one_way(cls, value: str) -> str:
        return same_place(value)

    @field_validator("seeds", mode="before")
    @classmethod
    def _count_or_list(cls, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            if not 1 <= value <= 1000:
                raise ValueError("wants 1 to 1000 seeds")
            return tuple(range(value))
        return value

    @field_validator("arms", mode="before")
    @classmethod
    def _names_are_arms(cls, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [{"recipe": arm} if isinstance(arm, str) else arm for arm in value]
        return value

    @field_validator("published")
    @classmethod
    def _are_published(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            try:
                result(name)
            except UsageError as error:
                raise BadValue(error.message, error.advice) from None
        return value

    @field_validator("also_test")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        places = tuple(map(same_place, value))
        if len(set(places)) != len(places):
            raise ValueError("the same test set stands twice in also_test")
        return places

    @field_validator("budget", "full", "quick")
    @classmethod
    def _is_a_budget(cls, value: str | None) -> str | None:
        return value if value is None else require_budget(value)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if not self.arms and self.ablate is None:
            raise BadValue("there are no arms", "Name recipes under arms, or one to ablate")
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError("the same seed stands twice in seeds")
        if self.looks is not None and self.seeds != tuple(range(self.looks.at_most)):
            raise BadValue(
                "looks end at another number of seeds than seeds says",
                "Write seeds: {at_most: 10, until: decided} alone",
            )
        if self.also_test and self.datasets:
            raise BadValue(
                "also_test does not go with several data sets",
                "Write a bake-off file for each data set, with its own other test sets",
            )
        if self.test and (self.paired or self.looks is not None):
            there = "paired" if self.paired else "seeds until decided"
            raise BadValue(
                f"test: pooled does not go with {there}, which has a test of its own",
                "Leave one of the two out",
            )
        if self.groups and self.datasets and is_table(self.groups):
            raise BadValue(
                "one table of groups does not go with several data sets",
                "Write a pattern, as '{group}_*', or a bake-off file for each data set",
            )
        names = [arm_name(arm) for arm in self.arms]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise BadValue(f"two arms are called {twice[0]}", "Give one of them a name")
        self._every_default_serves_an_arm()
        if self.reference and self.ablate is None and self.reference not in names:
            raise BadValue(
                f"reference is {self.reference}", f"Name one of the arms: {', '.join(names)}"
            )
        self._commands_can_be_run()
        if self.tune is None and any(arm.tune for arm in self.arms):
            raise ValueError("an arm has ranges to tune, and the bake-off no trials under tune")
        return self

    def _commands_can_be_run(self) -> None:
        """Raise ValueError for what Bakeoff cannot do with a program that it only starts."""
        if not self.commands:
            return
        asked = {
            "budgets": self.budgets,
            "several data sets": self.datasets,
            "tune": self.tune,
            "robust": self.robust,
            "also_test": self.also_test,
            "groups": self.groups,
            "seeds until decided": self.looks,
            # Nobody keeps how a program confuses classes.
            f"primary: {self.primary}": self.primary not in ("accuracy", "loss"),
        }
        for what, said in asked.items():
            if said:
                raise BadValue(
                    f"{what} does not go with an arm that is a command and trains itself",
                    "Remove one of the two",
                )

    def _every_default_serves_an_arm(self) -> None:
        """Raise ValueError for what the bake-off says for arms that all say it themselves."""
        arms = self.arms
        if not arms or self.ablate is not None:
            return
        defaults = {
            "model": (self.model != "resnet50", all(arm.model for arm in arms)),
            "channels": (self.channels is not None, all(arm.channels for arm in arms)),
            "init": (self.init != "scratch", all(arm.init or arm.pretrain for arm in arms)),
        }
        for key, (said, replaced) in defaults.items():
            if said and replaced:
                raise BadValue(
                    f"{key} of the bake-off has no effect, since every arm has its own",
                    "Remove one",
                )
        for arm in arms:
            if arm.optional and not (arm.init or self.init).startswith("timm:"):
                raise BadValue(
                    f"optional has no effect on {arm_name(arm)}: it needs no pretrained weights",
                    "Remove it, or give the arm an init",
                )


def arm_name(arm: ArmSpec) -> str:
    """The arm's own name, or its recipe's with what else distinguishes it."""
    if arm.name:
        return arm.name
    parts = [Path(arm.recipe).stem if arm.recipe.endswith((".yaml", ".yml")) else arm.recipe]
    if arm.model:
        parts.append(arm.model)
    if arm.init and arm.init != "scratch":
        parts.append("pretrained" if arm.init.startswith("timm:") else Path(arm.init).stem)
    if arm.pretrain:
        last = Path(arm.pretrain.data.rpartition(":")[2]).name
        parts.append(f"from-{plain_name(last) or 'data'}")
    if arm.without:
        parts.append(f"no-{arm.without}")
    if arm.channels:
        parts.append(f"{arm.channels}ch")
    return "-".join(parts)


def default_spec(
    *, init: str | None = None, channels: int | None = None, model: str = "resnet50"
) -> BakeoffSpec:
    """The bake-off of `bakeoff reproduce`: a standard procedure against RSB's A3, done properly.

    From scratch, and by default pretrained arms too where ImageNet weights can be had;
    `init` "scratch" or "timm:TAG" asks for exactly that. Grey digits enter as 3 equal channels, so
    that pretrained weights and peers compare; another number of `channels` makes arms of its own.
    """
    own = None if channels == 3 else channels
    mark = f"-{own}ch" if own else ""
    recipes = ("standard", "rsb-a3")
    arms: list[dict[str, Any]] = []
    if init is None or init == "scratch":
        arms += [{"recipe": recipe, "channels": own} for recipe in recipes]
    if init != "scratch":
        arms += [
            {
                "recipe": recipe,
                "name": f"{recipe}-pretrained{mark}",
                "channels": own,
                "init": init or "timm:default",
                "optional": init is None,
            }
            for recipe in recipes
        ]
    return BakeoffSpec.model_validate(
        {
            "name": "reproduce",
            "question": (
                f"Which procedure trains {model} better on MNIST at an equal budget: the standard "
                "one, or A3 of “ResNet Strikes Back”?"
            ),
            "data": "mnist",
            "model": model,
            "arms": arms,
            "full": "5epochs",
            "quick": "24000images",
            "published": ("rsb-a1", "rsb-a2", "rsb-a3", "torchvision-v1", "torchvision-v2"),
        }
    )
