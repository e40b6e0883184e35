"""What a record says a run needed is what that run needed."""

import subprocess
import sys

import torch

from bakeoff.training.device import peak_memory

TELL = (
    "import torch; from bakeoff.training.device import peak_memory; "
    "print(peak_memory(torch.device('cpu')))"
)


def test_a_process_tells_its_own_peak_and_not_that_of_the_one_that_started_it():
    ballast = torch.ones(1 << 27)  # 512 MiB that the child never has
    told = subprocess.run([sys.executable, "-c", TELL], capture_output=True, text=True, check=True)
    ours = peak_memory(torch.device("cpu"))
    assert ours > ballast.nbytes
    assert 0 < int(told.stdout) < ours - ballast.nbytes // 2
