"""A real S3-compatible server on a free port of this machine, and a fresh bucket on it."""

import logging
import uuid

import pytest


@pytest.fixture(scope="session")
def s3_server():
    """The server's address."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server, monkeypatch, tmp_path):
    """A fresh bucket's address, as s3://…; scratch folders lie in tmp_path / "scratch"."""
    import s3fs

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server)
    monkeypatch.setenv("BAKEOFF_SCRATCH", str(tmp_path / "scratch"))
    s3fs.S3FileSystem.clear_instance_cache()
    name = f"b-{uuid.uuid4().hex[:12]}"
    s3fs.S3FileSystem().mkdir(name)
    yield f"s3://{name}"
    s3fs.S3FileSystem.clear_instance_cache()


def deny(bucket: str, action: str) -> None:
    """From now on the bucket's owner forbids everybody that action, as s3:PutObject."""
    import json

    import s3fs

    name = bucket.removeprefix("s3://")
    rule = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [rule]})
    s3fs.S3FileSystem().call_s3("put_bucket_policy", Bucket=name, Policy=policy)


def allow(bucket: str) -> None:
    """Take the prohibition back."""
    import s3fs

    s3fs.S3FileSystem().call_s3("delete_bucket_policy", Bucket=bucket.removeprefix("s3://"))
