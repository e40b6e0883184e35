"""Augmentation of whole batches on the device they lie on (imports torch)."""

from bakeoff.data.augment.batch import BatchAugment, Draws
from bakeoff.data.augment.policy import RandAugment, TrivialAugment
from bakeoff.data.augment.view import TestView

__all__ = ["BatchAugment", "Draws", "RandAugment", "TestView", "TrivialAugment"]
