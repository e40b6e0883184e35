"""A run that is there is not run again; `tests/faults/test_resuming.py` interrupts runs."""

import torch

from bakeoff.training.run import execute

CPU = torch.device("cpu")


def test_a_complete_run_is_not_run_again(make_job, tmp_path):
    first = execute(make_job(), tmp_path, device=CPU)
    again = execute(make_job(), tmp_path, device=CPU)
    assert again == first
