"""Threads give way on a busy machine, and are as many as the cores this process may really use."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from bakeoff import machine
from bakeoff.control_groups import memory_limit, processor_quota
from bakeoff.threads import SPIN_COUNT, Cores, cores, give_way
from bakeoff.training import device as devices

HERE = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_", "KMP_"))}
SPIN = f"GOMP_SPINCOUNT = '{SPIN_COUNT}'"


def runtime_says(code, **environment):
    """What the OpenMP runtime itself found in its environment as it was loaded."""
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env={**HERE, "OMP_DISPLAY_ENV": "verbose", **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    if "OPENMP DISPLAY ENVIRONMENT" not in shown:
        pytest.skip("this torch brings another OpenMP runtime")
    return shown


@pytest.mark.parametrize(
    "code",
    [
        "import bakeoff, torch",
        "import bakeoff.cli, torch",
        "import bakeoff.training.step",
        "import bakeoff.bakeoffs.execution.ray_tasks",
        "import bakeoff.bakeoffs.execution.workers",
    ],
)
def test_whatever_is_imported_first_waiting_threads_give_way(code):
    assert SPIN in runtime_says(code)


def test_processes_that_it_starts_inherit_it():
    code = (
        "import bakeoff, subprocess, sys; "
        "subprocess.run([sys.executable, '-c', 'import torch'], check=True)"
    )
    assert SPIN in runtime_says(code)


@pytest.mark.parametrize(
    ("name", "value"), [("OMP_WAIT_POLICY", "ACTIVE"), ("GOMP_SPINCOUNT", "777")]
)
def test_a_users_own_setting_wins(name, value):
    own = {name: value}
    assert SPIN not in runtime_says("import bakeoff, torch", **own)
    environment = dict(own)
    assert give_way(environment) == "as asked"
    assert environment == own


def test_torch_that_was_imported_before_is_told():
    said = subprocess.run(
        [sys.executable, "-c", "import torch, bakeoff; print(bakeoff.doctor())"],
        env=HERE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "torch was imported before bakeoff" in said


def groups(root: Path, own: str, files: dict[str, str]) -> Path:
    """A made-up /proc/self/cgroup, and files below /sys/fs/cgroup."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(own)
    for name, content in files.items():
        place = root / "sys/fs/cgroup" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    return root


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 1.5),
        ("0::/\n", {"cpu.max": "max 100000\n"}, None),
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "200000 100000\n"}, 2.0),
        ("0::/a/b\n", {"a/b/cpu.max": "50000 100000\n", "a/cpu.max": "200000 100000\n"}, 0.5),
        ("0::/host/path/gone\n", {"cpu.max": "300000 100000\n"}, 3.0),
        (
            "4:cpu,cpuacct:/docker/x\n0::/\n",
            {
                "cpu,cpuacct/docker/x/cpu.cfs_quota_us": "250000\n",
                "cpu,cpuacct/docker/x/cpu.cfs_period_us": "100000\n",
            },
            2.5,
        ),
        ("1:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ("0::/\n", {"cpu.max": "nonsense\n"}, None),
        ("0::/\n", {"cpu.max": "100000 0\n"}, None),
        ("", {}, None),
    ],
)
def test_a_containers_share_of_the_cores_is_read(tmp_path, own, files, expected):
    assert processor_quota(groups(tmp_path, own, files)) == expected


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/a\n", {"a/memory.max": "1048576\n", "memory.max": "max\n"}, 1048576),
        ("4:memory:/x\n", {"memory/x/memory.limit_in_bytes": "2097152\n"}, 2097152),
        ("4:memory:/\n", {"memory/memory.limit_in_bytes": "9223372036854771712\n"}, None),
    ],
)
def test_a_containers_memory_is_read(tmp_path, own, files, expected):
    assert memory_limit(groups(tmp_path, own, files)) == expected


@pytest.mark.parametrize(
    ("affinity", "quota", "usable"),
    [(8, None, 8), (8, 1.5, 2), (8, 2.0, 2), (8, 0.3, 1), (2, 6.0, 2), (1, None, 1)],
)
def test_threads_are_worth_starting_up_to_affinity_and_limit(affinity, quota, usable):
    assert Cores(machine=8, affinity=affinity, quota=quota).usable == usable


def test_affinity_counts():
    assert cores().affinity == len(os.sched_getaffinity(0))


@pytest.fixture
def threads(monkeypatch):
    """torch with eight threads on a machine of eight cores, limited to two of them."""
    known = {"threads": 8}
    monkeypatch.setattr(torch, "get_num_threads", lambda: known["threads"])
    monkeypatch.setattr(torch, "set_num_threads", lambda n: known.update(threads=n))
    for module, name in ((devices, "find_cores"), (machine, "cores")):
        monkeypatch.setattr(module, name, lambda: Cores(machine=8, affinity=8, quota=2.0))
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    return known


def test_training_starts_no_more_threads_than_its_container_may_use(threads):
    devices.choose("cpu")
    assert threads["threads"] == 2
    look = machine._processor()
    assert look.state == "ok"
    assert "2 cores (a container's limit is worth 2 of 8), 2 threads" in look.said


def test_a_number_of_threads_that_was_set_stays_and_doctor_says_so(threads, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    devices.choose("cpu")
    assert threads["threads"] == 8
    look = machine._processor()
    assert look.state == "note"
    assert "OMP_NUM_THREADS is set" in look.said


def test_fewer_threads_than_cores_are_left_as_they_are(threads):
    threads["threads"] = 1
    devices.choose("cpu")
    assert threads["threads"] == 1


def test_the_processes_of_one_machine_share_its_cores(threads, monkeypatch):
    together = {"RANK": "0", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    for name, value in (together | {"MASTER_ADDR": "x", "MASTER_PORT": "1"}).items():
        monkeypatch.setenv(name, value)
    devices.choose("cpu")
    assert threads["threads"] == 1
