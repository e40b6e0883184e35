"""True figures of other projects, in every layout: nothing may be called impossible."""

import random
from pathlib import Path

import pytest

from auditing.corpus.judge import TRUE, accusations
from auditing.corpus.layouts import layouts_of
from auditing.corpus.sheets import published

DOCUMENTS = sorted(TRUE.iterdir())


def test_the_corpus_is_large_and_every_document_names_its_source():
    assert len(DOCUMENTS) + len(published()) >= 75
    for path in DOCUMENTS:
        if path.suffix != ".csv":
            assert "Figures:" in path.read_text(encoding="utf-8"), path.name
    assert all(sheet.source for sheet in published())


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_true_document_is_accused(path: Path):
    assert accusations(path.name, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("sheet", published(), ids=lambda sheet: sheet.name)
def test_no_true_table_is_accused_in_any_layout(sheet):
    for layout in layouts_of(sheet):
        for seed in range(3):
            file, text = layout(sheet, random.Random(f"{sheet.name} {layout.__name__} {seed}"))
            assert accusations(file, text) == [], text
