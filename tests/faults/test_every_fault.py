"""Every one of the 25 faults has a test here, and a line in docs/reliability.md that names it."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TESTS = {
    (path.name, name)
    for path in HERE.glob("test_*.py")
    for name in re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE)
}


def numbers(name: str) -> set[int]:
    """Of the faults that a test's name begins with: test_fault_11_12_a_run_… is about two."""
    found = re.match(r"test_fault((?:_\d\d)+)_", name)
    return {int(number) for number in found[1].split("_")[1:]} if found else set()


def rows() -> dict[int, str]:
    """Number of a fault → its line in the table."""
    page = (ROOT / "docs" / "reliability.md").read_text()
    return {int(n): line for line in page.splitlines() for n in re.findall(r"^\| (\d+) \|", line)}


@pytest.mark.parametrize("fault", range(1, 26))
def test_the_fault_has_a_test_and_the_page_names_one_that_exists(fault):
    ours = {(file, name) for file, name in TESTS if fault in numbers(name)}
    assert ours
    named = re.findall(r"`tests/([\w/]+\.py)::(test_\w+)`", rows()[fault])
    assert named, f"the line of fault {fault} names no test"
    for file, name in named:
        assert re.search(rf"^def {name}\(", (ROOT / "tests" / file).read_text(), re.MULTILINE), name
    assert {(f"faults/{file}", name) for file, name in ours} & set(named)


def test_the_page_has_the_25_faults_and_no_others():
    assert sorted(rows()) == list(range(1, 26))
