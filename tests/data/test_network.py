"""What kept an address from answering is told in words."""

import socket
import urllib.error

import pytest

from bakeoff.data.network import why_unreachable


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            urllib.error.URLError(socket.gaierror(-2, "Name or service not known")),
            "its name cannot be resolved, as on a machine without a network",
        ),
        (urllib.error.URLError(TimeoutError("timed out")), "timed out"),
        (TimeoutError("timed out"), "timed out"),
        (
            urllib.error.URLError(ConnectionRefusedError(111, "Connection refused")),
            "Connection refused",
        ),
        (ValueError("unknown url type: 'nowhere'"), "unknown url type: 'nowhere'"),
        (urllib.error.URLError("unknown url type: nowhere"), "unknown url type: nowhere"),
    ],
)
def test_an_address_that_does_not_answer_is_told_without_an_error_number(error, told):
    assert why_unreachable(error) == told


def test_a_name_that_does_not_exist_is_told_as_such():
    with pytest.raises(OSError) as failed:
        socket.getaddrinfo("nowhere.invalid", 443)
    assert why_unreachable(urllib.error.URLError(failed.value)).startswith("its name cannot be")
