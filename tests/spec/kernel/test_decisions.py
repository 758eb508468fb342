"""What a decision says."""

import pytest

from ocms_core.kernel.codes import BATCH_TOO_LARGE, INVALID_PAYLOAD
from ocms_core.kernel.decisions import Decision, Refusal, decision_by_item


@pytest.mark.rule("P2")
def test_the_words_of_a_refusal_fill_the_gaps_of_its_text() -> None:
    refusal = Refusal(BATCH_TOO_LARGE, {"cap": 100})
    assert refusal.code.text.format(**refusal.words) == "Request exceeds maximum batch limit of 100 notices"


@pytest.mark.rule("P2")
def test_a_refusal_without_words_has_a_text_without_gaps() -> None:
    assert INVALID_PAYLOAD.text.format(**Refusal(INVALID_PAYLOAD).words) == "Invalid request payload"


def test_a_decision_by_item_refuses_no_whole_call() -> None:
    with pytest.raises(TypeError, match=r"^a decision by item refused the call$"):
        decision_by_item(Refusal(INVALID_PAYLOAD))
    kept = Decision[str]((), ())
    assert decision_by_item(kept) is kept
