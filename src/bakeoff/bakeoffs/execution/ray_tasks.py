"""What runs on a node of a Ray cluster: one run, the mailbox it tells, and a look at the folder."""

from __future__ import annotations

import contextlib
import os
import socket
from dataclasses import replace
from typing import Any

import torch

from bakeoff.bakeoffs.execution.run_store import Place, execute_at
from bakeoff.bakeoffs.execution.workers import Ended, Sender
from bakeoff.errors import BakeoffError, UsageError
from bakeoff.training.job import Job


class Mailbox:
    """An actor that keeps what runs tell until it is fetched."""

    def __init__(self) -> None:
        self._messages: list[Any] = []

    def put(self, message: Any) -> None:
        self._messages.append(message)

    def take(self) -> list[Any]:
        taken, self._messages = self._messages, []
        return taken


class _Post:
    """What a run's Sender writes to, on the node where it runs."""

    def __init__(self, mailbox: Any) -> None:
        self._mailbox = mailbox
        self._last: Any = None

    def put(self, message: Any) -> None:
        self._last = self._mailbox.put.remote(message)

    def delivered(self) -> None:
        """Wait until all of it has arrived, so that nobody hears the end before the rest."""
        import ray

        with contextlib.suppress(ray.exceptions.RayError):
            ray.get(self._last)


def run_there(
    number: int,
    job: Job,
    dataset: Any,
    place: Place,
    seen: str,
    device: str,
    threads: int,
    folder: str,
    mailbox: Any,
) -> Ended:
    """One run, in a process of a node.

    seen: see `execute_at`. folder: where the command was given, if that is here too.
    """
    torch.set_num_threads(threads)
    with contextlib.suppress(OSError):
        os.chdir(folder)
    post = _Post(mailbox)
    post.put((number, "started", ()))
    try:
        if place.address is None and not place.folder.parent.parent.is_dir():
            raise UsageError(
                f"node {socket.gethostname()} does not reach {place.folder.parent.parent}",
                "Use a folder that all nodes share, or an address as s3://bucket/runs",
            )
        record = execute_at(
            replace(job, dataset=dataset),
            place,
            device=torch.device(device),
            listener=Sender(number, post),
            seen=seen,
        )
        outcome = Ended(record, None)
    except BakeoffError as error:
        outcome = Ended(None, error)
    post.delivered()
    return outcome


def reaches(place: Place, mark: str) -> str:
    """On a node: why runs cannot lie there, or an empty text."""
    try:
        if place.address is not None:
            place.require_writable()
        elif not (place.folder / mark).exists():
            return "it is another folder there, or none"
        else:
            place.require_writable()
    except BakeoffError as error:
        return error.message
    return ""
