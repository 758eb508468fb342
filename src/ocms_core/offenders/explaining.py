"""What the offender operations would answer for a notice now."""

from collections.abc import Iterable
from itertools import permutations

from ocms_core.kernel.access import Operation
from ocms_core.kernel.codes import Code
from ocms_core.kernel.explanations import Explanation, because
from ocms_core.kernel.notice_numbers import INVALID, is_notice_no
from ocms_core.offenders import eligibility, furnishing, redirecting
from ocms_core.offenders.facts import ROLES, WORDS, OffenderNotice
from ocms_core.offenders.ports import OffenderStores


def explain(notice_no: str, *, stores: OffenderStores) -> tuple[Explanation, ...]:
    """
    Explain which roles of one notice can be furnished or redirected to, and by which rule.

    Reads only, and names nobody. Raises `Unavailable` when the database cannot be reached.
    """
    if not is_notice_no(notice_no):
        operations = (Operation.FURNISH_OFFENDER, Operation.REDIRECT_NOTICE)
        return tuple(because(each.value, INVALID, is_notice_no) for each in operations)
    with stores.reading() as reader:
        notice = reader.notice(notice_no)
    return (explain_furnish(notice), explain_redirect(notice))


def explain_furnish(notice: OffenderNotice | None) -> Explanation:
    """Explain which roles can be furnished, or what is in the way."""
    refusals = {word: eligibility.furnish_refusal(notice, role) for word, role in ROLES.items()}
    through = [word for word, refusal in refusals.items() if refusal is None]
    answer = f"can be furnished: {', '.join(through)}" if through else refusal_text(refusals.values())
    furnished = furnishing.furnished_offender(notice) if notice else None
    if furnished is None:
        return because(Operation.FURNISH_OFFENDER.value, answer, eligibility.furnish_refusal)
    return because(
        Operation.FURNISH_OFFENDER.value,
        f"{answer}; the same {WORDS[furnished.role]} sent again has the first answer",
        eligibility.furnish_refusal,
        furnishing.furnished_offender,
    )


def explain_redirect(notice: OffenderNotice | None) -> Explanation:
    """Explain from which role to which the notice can be redirected, or what is in the way."""
    refusals = {
        pair: redirecting.redirect_refusal(ROLES[pair[0]], ROLES[pair[1]], notice)
        for pair in permutations(ROLES, 2)
    }
    through = [pair for pair, refusal in refusals.items() if refusal is None]
    if through:
        answer = f"can go from {through[0][0]} to {', '.join(to_word for _, to_word in through)}"
    else:
        answer = refusal_text(refusals.values())
    return because(Operation.REDIRECT_NOTICE.value, answer, redirecting.redirect_refusal)


def refusal_text(refusals: Iterable[Code | None]) -> str:
    """Return the text of the refusal that all roles have in common."""
    return next(refusal.text for refusal in refusals if refusal)
