"""Faults 9, 10, 15 and 25: signals, dead workers, second owners."""

import multiprocessing
import os
import signal
import time

import pytest
import torch

from bakeoff.data import open_data
from bakeoff.errors import RunFailed
from bakeoff.records.store import load_record
from bakeoff.training import checkpoint
from bakeoff.training.callbacks import Listener
from bakeoff.training.run import execute
from bakeoff.training.stopping import stop_on_signals
from faults_tools import CPU


@pytest.mark.parametrize("moment", ["step 20.", "evaluating test images"])
def test_fault_09_sigterm_in_training_and_evaluation_saves_and_exits_with_143(
    training, tmp_path, moment
):
    one = training()
    one.wait_for(moment)
    one.send(signal.SIGTERM)
    code, said = one.end()
    assert code == 143, said
    assert "state saved. Run the same command again" in said
    assert checkpoint.load_newest(tmp_path / "run", print) is not None
    assert load_record(tmp_path / "run").status == "incomplete"


def test_fault_09_sigterm_in_a_compilation_is_answered_after_it():
    def compiler(graph, inputs):
        os.kill(os.getpid(), signal.SIGTERM)
        return graph.forward

    with stop_on_signals() as stop:
        compiled = torch.compile(lambda x: x * 2 + 1, backend=compiler)
        assert compiled(torch.ones(3)).tolist() == [3.0] * 3
        assert stop.asked
        assert stop.error("stopped", "go on").exit_code == 143


def test_fault_10_a_second_sigterm_during_that_save_corrupts_nothing(training, tmp_path):
    one = training()
    one.wait_for("step 20.")
    for _ in range(20):
        one.send(signal.SIGTERM)
        time.sleep(0.002)
    code, said = one.end()
    # Once the state is saved, one more signal may end the process as it ends any other.
    assert code in (143, -signal.SIGTERM), said
    warnings = []
    assert checkpoint.load_newest(tmp_path / "run", warnings.append) is not None
    assert warnings == []
    assert load_record(tmp_path / "run").status == "incomplete"


@pytest.mark.timeout(60)
@pytest.mark.usefixtures("no_processes_left")
# torch's loader joins the dead worker once more when it is collected, and then says so again where
# nobody can catch it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_fault_15_a_killed_data_worker_is_an_error_within_a_minute_and_the_run_goes_on(
    make_job, image_folder, tmp_path, monkeypatch
):
    monkeypatch.setattr("bakeoff.training.clock.REPORT_SECONDS", -1.0)
    monkeypatch.setattr("bakeoff.training.clock.CHECKPOINT_SECONDS", -1.0)
    image_folder(tmp_path / "images", {"a": 40, "b": 40})
    data = open_data(f"folder:{tmp_path / 'images'}", stream=True, size=32)
    job = make_job(images=240, dataset=data, batch_size=8)

    class KillWorkers(Listener):
        def stepped(self, step, total_steps, images_per_second):
            for worker in multiprocessing.active_children() if step == 3 else ():
                os.kill(worker.pid, signal.SIGKILL)

    with pytest.raises(RunFailed, match=r"data worker process died\. .* smaller batch"):
        execute(job, tmp_path / "run", device=CPU, listener=KillWorkers())
    assert load_record(tmp_path / "run").status == "incomplete"
    record = execute(job, tmp_path / "run", device=CPU)
    assert (record.status, record.resumed) == ("complete", 1)


def test_fault_25_a_second_run_in_one_folder_is_refused_and_a_crash_releases_it(training, tmp_path):
    first = training()
    first.wait_for("step 5.")
    code, said = training().end()
    assert code == 2
    assert "in use by another run" in said
    assert "Wait for it, or choose another folder with --out" in said
    first.send(signal.SIGKILL)
    first.process.join()
    third = training()
    third.wait_for("step")
    third.send(signal.SIGTERM)
    assert third.end()[0] == 143
