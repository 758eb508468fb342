"""What the offender operations would answer for a notice now."""

from ocms_core.kernel.access import Operation
from ocms_core.kernel.codes import NOTICE_NOT_FOUND, Code
from ocms_core.kernel.explanations import Explanation, because
from ocms_core.offenders import eligibility
from ocms_core.offenders.facts import ROLES, OffenderNotice
from ocms_core.offenders.ports import OffenderStores


def explain(notice_no: str, *, stores: OffenderStores) -> tuple[Explanation, ...]:
    """
    Explain which roles of one notice can be furnished or redirected to, and by which rule.

    Reads only, and names nobody. Raises `Unavailable` when the database cannot be reached.
    """
    with stores.reading() as reader:
        notice = reader.notice(notice_no)
    return (explain_furnish(notice), explain_redirect(notice))


def explain_furnish(notice: OffenderNotice | None) -> Explanation:
    """Explain which roles can be furnished, or what is in the way."""
    refusals = {word: eligibility.furnish_refusal(notice, role) for word, role in ROLES.items()}
    return because(Operation.FURNISH_OFFENDER.value, refusal_text(refusals), eligibility.furnish_refusal)


def explain_redirect(notice: OffenderNotice | None) -> Explanation:
    """Explain to which roles the notice can be redirected."""
    if notice is None:
        return because(Operation.REDIRECT_NOTICE.value, NOTICE_NOT_FOUND.text, eligibility.furnish_refusal)
    targets = [word for word, role in ROLES.items() if eligibility.is_redirectable(notice, role)]
    answer = f"can go to {', '.join(targets)}" if targets else "cannot be redirected"
    return because(Operation.REDIRECT_NOTICE.value, answer, eligibility.is_redirectable)


def refusal_text(refusals: dict[str, Code | None]) -> str:
    """Put into words which roles go through; the refusal where none does."""
    through = [word for word, refusal in refusals.items() if refusal is None]
    if through:
        return f"can be furnished: {', '.join(through)}"
    return next(refusal.text for refusal in refusals.values() if refusal)
