"""What each recipe does to an image, as a picture beside the records: reports load no network."""

from __future__ import annotations

from contextlib import suppress

from bakeoff.bakeoffs.execution.run_store import Place
from bakeoff.errors import BakeoffError
from bakeoff.records.files import write_atomically
from bakeoff.records.store import AUGMENTED_NAME
from bakeoff.training.augmentation import recipe_strip
from bakeoff.training.job import Job


def show_augmentation(job: Job, place: Place) -> None:
    """Leave a strip of training images, as they are and as `job` trains on them, at `place`.

    Nothing where there is one, or where only the head is trained, on images as they are. An image
    that cannot be read, or a place that cannot be written, is for the runs to tell.
    """
    path = place.folder / AUGMENTED_NAME
    if path.exists() or job.scaled.recipe.trains == "head":
        return
    with suppress(BakeoffError):
        strip = recipe_strip(job.dataset, job.scaled.recipe)
        write_atomically(path, lambda file: file.write(strip))
        if place.address is not None:
            place.address.send(path, AUGMENTED_NAME)
