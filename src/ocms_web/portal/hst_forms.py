"""The forms of the HST pages: their fields, what is wrong with them, and addresses set side by side."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from ocms_core.hst.answers import differing_parts
from ocms_core.hst.facts import ListedIdentity
from ocms_core.hst.request_checks import ADDRESS_FIELDS
from ocms_core.kernel.addresses import AddressAnswer, RegisteredAddress
from ocms_core.kernel.decisions import Refusal
from ocms_web.portal.forms import SubmittedForm

LABELS: Mapping[str, str] = {
    "idNo": "Identity number",
    "idType": "Kind of identity",
    "name": "Name",
    "postalCode": "Postal code",
    "blkHseNo": "Block or house number",
    "streetName": "Street",
    "floorNo": "Floor",
    "unitNo": "Unit",
    "bldgName": "Building",
    "revivalReason": "Reason",
    "remarks": "Remarks",
    "dateFrom": "Listed from",
    "dateTo": "Listed to",
}
ID_TYPES: Mapping[str, str] = {"N": "NRIC", "F": "FIN", "U": "UEN", "P": "Passport"}
PARTICULARS = ("name", *ADDRESS_FIELDS)
OPTIONAL = frozenset({"floorNo", "unitNo", "bldgName", "remarks"})

# A value of each field that is right, so that what is wrong with the next one is found too.
RIGHT: Mapping[str, str] = {
    "idNo": "S0000000A",
    "idType": "N",
    "name": "A",
    "postalCode": "000001",
    "blkHseNo": "1",
    "streetName": "A",
    "floorNo": "",
    "unitNo": "",
    "bldgName": "",
    "revivalReason": "A",
    "remarks": "",
}


@frozen
class ComparedPart:
    """A part of the listed address beside that of an answer; one left out of the answer does not differ."""

    label: str
    listed: str
    answered: str
    differs: bool


def typed(form: SubmittedForm, *names: str) -> dict[str, str]:
    """Return what was typed into the fields of a form."""
    return {name: form.text(name) for name in names}


def wrong_fields(check: Callable[[object], object], body: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with each field of a body, in words, as the check of its call sees it."""
    found: dict[str, str] = {}
    while True:
        verdict = check({**body, **{name: RIGHT[name] for name in found}})
        if not isinstance(verdict, Refusal):
            return found
        name = str(verdict.words.get("field"))
        if name not in RIGHT or name in found:
            return found
        found[name] = verdict.code.text.format(field=LABELS[name])


def fields_of_address(address: RegisteredAddress) -> dict[str, str]:
    """Return an address as the fields of a form."""
    return {name: getattr(address, part) for name, (part, *_) in ADDRESS_FIELDS.items()}


def compared(listed: ListedIdentity | None, answer: AddressAnswer) -> list[ComparedPart]:
    """Return the parts of the listed address beside those of an answer."""
    differing = differing_parts(listed, answer) if listed else frozenset[str]()
    return [
        ComparedPart(
            LABELS[name],
            getattr(listed.address, part) if listed else "",
            getattr(answer.address, part),
            part in differing,
        )
        for name, (part, *_) in ADDRESS_FIELDS.items()
    ]
