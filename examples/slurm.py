"""A bake-off on a Slurm cluster: each seed is a job of its own, and their records merge.

    python slurm.py flips.yaml --seeds 5 --out /shared/runs/flips --partition gpu --gpus 1

`--out` is a folder that all nodes share, or an address such as s3://bucket/runs/flips. Each job
writes its own part of it, so no two jobs meet. A job that Slurm ends (time limit, preemption) is
queued again and goes on from its last checkpoint. Run the same line again to add what is missing.

State the budget in images or epochs, not in time: each job plans for the node it is on.
Needs `pip install submitit`. `--cluster local` runs the jobs on this machine, to try it out.
"""

import argparse
from dataclasses import dataclass

import submitit

import bakeoff


@dataclass
class Seed:
    """One seed of every arm; what submitit pickles and calls on the node."""

    file: str
    seed: int
    out: str

    def __call__(self) -> str:
        finished = bakeoff.run(self.file, seeds=[self.seed], out=f"{self.out}/seed-{self.seed}")
        return str(finished.folder)

    def checkpoint(self) -> submitit.helpers.DelayedSubmission:
        """Slurm ends this job: queue it again. Bakeoff's own checkpoints do the rest."""
        return submitit.helpers.DelayedSubmission(self)


def main() -> None:
    parser = argparse.ArgumentParser(description="One Slurm job for each seed of a bake-off.")
    parser.add_argument("file", help="a bake-off file")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", required=True, help="a shared folder, or an address")
    parser.add_argument("--logs", default="slurm-logs")
    parser.add_argument("--cluster", choices=["slurm", "local"], default="slurm")
    parser.add_argument("--partition")
    parser.add_argument("--gpus", type=int, default=0, help="per job")
    parser.add_argument("--cpus", type=int, default=4, help="per job")
    parser.add_argument("--minutes", type=int, default=240, help="before Slurm queues it again")
    asked = parser.parse_args()

    executor = submitit.AutoExecutor(asked.logs, cluster=asked.cluster)
    executor.update_parameters(
        name="bakeoff",
        timeout_min=asked.minutes,
        cpus_per_task=asked.cpus,
        gpus_per_node=asked.gpus,
        **({"slurm_partition": asked.partition} if asked.partition else {}),
    )
    with executor.batch():
        jobs = [executor.submit(Seed(asked.file, n, asked.out)) for n in range(asked.seeds)]
    for job in jobs:
        print(f"job {job.job_id} left {job.result()}", flush=True)
    print(bakeoff.compare(asked.out, metrics=["accuracy", "loss"]))


if __name__ == "__main__":
    main()
