"""Which test images of a bake-off belong together: as its file says, or as they look."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from bakeoff.bakeoffs.planning.planned_runs import AnyDataset
from bakeoff.bakeoffs.specification.spec import BakeoffSpec
from bakeoff.data.catalog import names
from bakeoff.data.image_groups import group_of_each
from bakeoff.data.near_duplicates import near_duplicates
from bakeoff.records.manifest import Manifest, NearDuplicateFacts


def images_together(
    spec: BakeoffSpec, dataset: AnyDataset, before: Manifest | None
) -> tuple[NDArray[np.int32] | None, NearDuplicateFacts | None]:
    """(the group of each test image, where the file says it; else what near-duplicates there are).

    before: what an earlier call wrote down; what it found is not looked for again. The catalog's
    sets and ImageNet are no videos, and are not looked at; nor is any test image where tuning is
    to come, which must not see one. Raises what `group_of_each` does.
    """
    if spec.groups is not None:
        images = dataset.facts.test_images
        return group_of_each(spec.groups, spec.data, images, exclude=spec.exclude), None
    if spec.data in names() or spec.data.startswith("imagenet:") or spec.tune is not None:
        return None, None
    if before is not None and before.near_duplicates is not None:
        return None, before.near_duplicates
    found = near_duplicates(dataset.test)
    return None, NearDuplicateFacts(**dataclasses.asdict(found))
