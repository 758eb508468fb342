"""The shapes of JSON bodies: their words are those of the core's tables, and their schema is whole."""

from typing import Any, get_args

import pytest

from ocms_core.court.request_checks import EPR_REASONS
from ocms_core.hst.request_checks import ID_TYPES as HST_ID_TYPES
from ocms_core.kernel.identity_numbers import ID_TYPES
from ocms_core.kernel.suspensions import SUSPENSION_TYPES
from ocms_core.offenders.facts import WORDS, RoleWord
from ocms_core.stages.client_checks import PLUS_CODE
from ocms_core.stages.eligibility import REASONS
from ocms_web.court import shapes as court
from ocms_web.field_sources import source_of
from ocms_web.hst import shapes as hst
from ocms_web.offenders import shapes as offenders
from ocms_web.shapes import Shape, as_written, components
from ocms_web.stages import shapes as stages


def words(shape: type[Shape], field: str) -> set[Any]:
    """Return the words a field may be, null and absent left out."""
    annotation = shape.__annotations__[field]
    literals = (annotation, *get_args(annotation))
    return {word for each in literals for word in get_args(each) if isinstance(word, str)}


@pytest.mark.parametrize(
    "shape, field, known",
    [
        (court.CourtNoticeChange, "suspension_type", SUSPENSION_TYPES),
        (court.CourtNoticeChange, "epr_reason_of_suspension", EPR_REASONS),
        (hst.HstApplicationRequest, "id_type", HST_ID_TYPES),
        (offenders.FurnishOffenderRequest, "id_type", ID_TYPES),
        (offenders.FurnishOffenderRequest, "offender_type", WORDS.values()),
        (stages.StageValidateRequest, "reason_of_change", REASONS),
        (stages.StageSubmitItem, "reason", REASONS),
        (stages.PlusChangeRequest, "source", [PLUS_CODE]),
    ],
)
def test_the_words_of_a_field_are_those_of_the_core(shape: type[Shape], field: str, known: Any) -> None:
    assert words(shape, field) == set(known)


def test_the_words_of_the_roles_are_their_type() -> None:
    assert set(get_args(RoleWord)) == set(WORDS.values())


def test_every_shape_is_described_and_no_two_have_one_name() -> None:
    shapes = Shape.__subclasses__()
    assert len({shape.__name__ for shape in shapes}) == len(shapes)
    described = components(shapes)
    assert described.keys() == {shape.__name__ for shape in shapes}
    for name, schema in described.items():
        assert schema["description"], name
        for field, value in schema["properties"].items():
            assert "Source: " in value["description"], f"{name}.{field}"


def test_constants_name_their_type_and_sums_are_numbers() -> None:
    written = components([court.CourtNoticeChange, court.PaymentStatusLine])
    kinds, null = written["CourtNoticeChange"]["properties"]["suspensionType"]["anyOf"]
    assert (kinds, null) == ({"enum": ["PS", "TS"], "type": "string"}, {"type": "null"})
    amount = written["PaymentStatusLine"]["properties"]["amountPayable"]["anyOf"]
    assert [each["type"] for each in amount] == ["number", "null"]
    assert as_written({"enum": [True]}) == {"type": "boolean", "enum": [True]}
    assert as_written({"enum": ["a", None]})["type"] == ["string", "null"]


def test_a_field_without_a_source_fails() -> None:
    with pytest.raises(LookupError, match="has no source"):
        source_of("PaymentStatusLine", "nowhere")
