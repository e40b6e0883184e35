"""Every kind of file that Bakeoff reads from strangers, and who reads it."""

from __future__ import annotations

from fuzzing import data, results, texts, weights
from fuzzing.oracle import Target

TARGETS: dict[str, Target] = {
    "recipe": texts.recipe,
    "bake-off": texts.bakeoff_file,
    "claims": texts.claims,
    "document": texts.document,
    "record": results.record,
    "manifest": results.manifest,
    "predictions": results.predictions,
    "table": results.table,
    "parquet": results.parquet,
    "idx": data.idx,
    "idx-set": data.idx_set,
    "image": data.image,
    "archive": data.archive,
    "shard": data.shard,
    "checkpoint": weights.checkpoint_file,
    "weights": weights.weights,
}
