"""Notice numbers."""

from ocms_core.kernel.notice_numbers import is_notice_no, normal_notice_no
from tests.support.cases import Case, parametrize_cases

CASES: tuple[Case[None, object, bool], ...] = (
    Case(rule="P1", name="ten digits are a notice number", ask="1234567890", says=True),
    Case(
        rule="P1", name="letters and digits are a notice number, in either case", ask="A1b2C3d4E5", says=True
    ),
    Case(rule="P1", name="one character is a notice number", ask="7", says=True),
    Case(rule=("P1", "G10"), name="eleven characters are too long", ask="12345678901", says=False),
    Case(rule="P1", name="an empty text is too short", ask="", says=False),
    Case(rule="P1", name="a blank inside is refused", ask="123 456", says=False),
    Case(rule="P1", name="a line end after it is refused", ask="123456\n", says=False),
    Case(rule="P1", name="a NUL is refused", ask="1234\x00", says=False),
    Case(rule="P1", name="a hyphen is refused", ask="123-456", says=False),
    Case(rule="P1", name="an underscore is refused", ask="123_456", says=False),
    Case(rule="P1", name="Arabic digits are refused", ask="١٢٣٤", says=False),
    Case(rule="P1", name="full-width digits are refused", ask="１２３４", says=False),
    Case(rule="P1", name="a letter with an accent is refused", ask="É123", says=False),
    Case(rule="P1", name="a lone surrogate is refused", ask="\ud800", says=False),
    Case(rule=("P1", "G7"), name="a number is not a text", ask=1234567890, says=False),
    Case(rule=("P1", "G7"), name="a list is not a text", ask=["1234567890"], says=False),
    Case(rule=("P1", "G7"), name="null is not a text", ask=None, says=False),
)


@parametrize_cases(CASES)
def test_is_notice_no(case: Case[None, object, bool]) -> None:
    assert is_notice_no(case.ask) is case.says


NORMAL: tuple[Case[None, str, str], ...] = (
    Case(rule="G9", name="capitals and digits stay", ask="500500303J", says="500500303J"),
    Case(rule="G9", name="small letters become capitals", ask="n-001a", says="N-001A"),
    Case(rule="G9", name="blanks around it go, as SQL Server ignores them", ask="a1  ", says="A1"),
    Case(rule="G9", name="a control character is no blank", ask="a1\x1f", says="A1\x1f"),
    Case(rule="G9", name="what is no number keeps its letters", ask="stra\xdfe", says="stra\xdfe"),
)


@parametrize_cases(NORMAL)
def test_normal_notice_no(case: Case[None, str, str]) -> None:
    assert normal_notice_no(case.ask) == case.says
    assert normal_notice_no(case.says) == case.says
