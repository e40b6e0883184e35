"""Addresses: objects whole or absent, one holder of a run, and one line for what goes wrong."""

import http.server
import json
import pickle
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bakeoff.errors import Busy, OutputError, UsageError
from bakeoff.records import lease as leases
from bakeoff.records.lease import Lease, leased
from bakeoff.records.storage import Address, as_place, is_address, local_copy
from s3_tools import deny


@pytest.fixture(params=["s3", "memory"])
def address(request):
    if request.param == "s3":
        return Address(request.getfixturevalue("bucket")) / "runs"
    return Address(f"memory://{time.monotonic_ns()}")


@pytest.mark.parametrize(
    ("text", "shared"),
    [("s3://b/x", True), ("gs://b", True), ("runs/x", False), ("file:///a/b", False)],
)
def test_an_address_is_told_from_a_folder(text, shared):
    assert is_address(text) is shared


def test_a_file_address_is_a_folder():
    assert str(as_place("file:///a/b")) == "/a/b"


def test_what_was_written_is_listed_read_fetched_and_removed(address, tmp_path):
    assert address.names() == []
    assert address.read("arm/seed-0/record.json") is None
    (tmp_path / "weights").write_bytes(b"w" * 1000)
    (address / "arm").write("seed-0/record.json", b"{}")
    address.send(tmp_path / "weights", "arm/seed-0/weights")
    assert address.names() == ["arm/seed-0/record.json", "arm/seed-0/weights"]
    address.fetch(["arm/seed-0/weights"], tmp_path / "copy")
    assert (tmp_path / "copy/arm/seed-0/weights").read_bytes() == b"w" * 1000
    address.remove("arm/seed-0/weights", "arm/seed-0/never-there")
    assert address.names() == ["arm/seed-0/record.json"]


def test_only_one_of_two_creates(address):
    assert address.create("lease", b"one")
    assert not address.create("lease", b"two")
    assert address.read("lease") == b"one"


def test_an_address_travels_to_another_process(address):
    assert str(pickle.loads(pickle.dumps(address))) == str(address)


def test_a_local_copy_holds_only_what_is_asked_for(address):
    for name in ("a/seed-0/record.json", "a/seed-0/weights.safetensors"):
        address.write(name, b"x")
    copy = local_copy(str(address), ["record.json"])
    assert [p.relative_to(copy).as_posix() for p in copy.rglob("*.*")] == ["a/seed-0/record.json"]


def test_a_lease_has_one_holder_and_is_free_again_once_released(address):
    with leased(address), pytest.raises(Busy, match="in use by another run"):
        Lease(address).acquire()
    with leased(address):
        pass
    assert address.names() == []


def test_of_many_at_once_one_gets_the_lease(bucket):
    address, got, refused = Address(bucket) / "run", [], []
    start = threading.Barrier(8)

    def take():
        lease = Lease(address)
        start.wait()
        try:
            lease.acquire()
            got.append(lease)
        except Busy:
            refused.append(lease)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), len(refused)) == (1, 7)


def test_a_lease_whose_machine_fell_silent_is_taken_over_and_its_holder_learns_it(
    address, monkeypatch
):
    monkeypatch.setattr(leases, "LIFE_SECONDS", 0.0)
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.05)
    silent, next_one = Lease(address), Lease(address)
    silent.acquire()
    next_one.acquire()
    silent.beat()
    next_one.beat()
    assert silent.lost
    assert not next_one.lost
    silent.release()
    assert len(address.names()) == 1


def test_a_lease_that_beats_is_not_taken_whatever_the_clocks_say(address, monkeypatch):
    monkeypatch.setattr(leases, "LIFE_SECONDS", -3600.0)  # the holder's clock is an hour behind
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.2)
    with leased(address), pytest.raises(Busy):
        Lease(address).acquire()


HOLD = """
import sys
from bakeoff.records.storage import Address
from bakeoff.records.lease import Lease
Lease(Address(sys.argv[1])).acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lease_of_a_killed_process_of_this_machine_is_free_at_once(bucket):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, bucket + "/run"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Busy, match=f"process {other.pid}"):
            Lease(Address(bucket + "/run")).acquire()
        other.kill()
    Lease(Address(bucket + "/run")).acquire()


def left_by(**said):
    """A lease of a process of this machine that has just ended, with what it says changed."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    address = Address(f"memory://{time.monotonic_ns()}")
    lease = Lease(address)
    lease.acquire()
    content = json.loads(address.read("lease-000001")) | {"process": ended.pid} | said
    content = {key: value for key, value in content.items() if value is not None}
    address.write("lease-000001", json.dumps(content).encode())
    return address


@pytest.mark.skipif(not Path("/proc/self/ns/pid").exists(), reason="Linux alone numbers so")
@pytest.mark.parametrize("elsewhere", ["pid:[1]", "", None], ids=["other", "unknown", "older"])
def test_a_process_of_another_container_of_this_machine_is_not_taken_for_dead(elsewhere):
    """Containers of one machine share its name and start, and number their processes anew."""
    Lease(left_by()).acquire()
    with pytest.raises(Busy):
        Lease(left_by(processes=elsewhere)).acquire()


def test_a_lease_of_an_older_bakeoff_is_read_and_ends_with_its_time(monkeypatch):
    address = left_by(processes=None, until=time.time() - 1)
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.05)
    Lease(address).acquire()
    assert address.names() == ["lease-000002"]


def complaint(address: str) -> str:
    with pytest.raises(UsageError) as caught:
        Address(address).require_writable()
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_each_way_in_which_an_address_fails_is_one_line(bucket, monkeypatch):
    import s3fs

    assert "Create the bucket" in complaint("s3://never-made/runs")
    assert "no address" in complaint("s4://bucket/runs")
    deny(bucket, "s3:PutObject")
    assert "may not do that there" in complaint(bucket + "/runs")
    assert Address(bucket).names() == []
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    s3fs.S3FileSystem.clear_instance_cache()
    assert "Give credentials" in complaint(bucket + "/runs")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    s3fs.S3FileSystem.clear_instance_cache()
    assert "AWS_ENDPOINT_URL" in complaint(bucket + "/runs")


def test_a_place_that_can_only_be_read_is_one_line(tmp_path):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert "another place with --out" in complaint(f"http://127.0.0.1:{server.server_port}/x")
        server.shutdown()


def test_a_store_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr("bakeoff.records.storage.PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(Address, "names", lambda self: time.sleep(2))
    with pytest.raises(OutputError, match="does not answer"):
        Address("s3://bucket/runs").require_there()
