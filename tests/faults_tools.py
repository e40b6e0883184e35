"""What the tests of faults share."""


def wait_for(process, what):
    """Read the process's output up to the line that begins with `what`."""
    for line in process.stdout:
        if line.startswith(what):
            return
    raise AssertionError(f"it ended without {what!r}: {process.stderr.read()}")
