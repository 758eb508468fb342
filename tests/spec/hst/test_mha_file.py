"""The files exchanged with MHA."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ocms_core.hst.mha_file import (
    ADDRESS_WIDTHS,
    FIELD_POSITIONS,
    RESPONSE_WIDTH,
    TAGS,
    ExceptionLine,
    MhaFileFault,
    MhaRecord,
    MhaRequest,
    Totals,
    UnusableFile,
    address_answer,
    control_names,
    encode_exceptions,
    encode_request,
    encode_response,
    encode_totals,
    mismatch,
    parse_exceptions,
    parse_request,
    parse_response,
    parse_totals,
    request_name,
    waiting_files,
)
from ocms_core.kernel.addresses import AddressAnswer, RegisteredAddress
from ocms_core.kernel.dates import SINGAPORE
from tests.support.builders import at
from tests.support.cases import Case, parametrize_cases

MOMENT = at("2025-02-01T00:30:05")
FULL = MhaRecord(
    uin="S1234567A",
    name="JOHN TAN",
    birth=date(1980, 1, 31),
    address_type="A",
    address=RegisteredAddress("123456", "123A", "EXAMPLE STREET", "01", "001", "EXAMPLE BUILDING"),
    death=date(2024, 12, 31),
    life_status="D",
    invalid_tag="G",
    ura_reference="REF0000001",
    batch_time=MOMENT,
    address_change=date(2024, 11, 30),
    timestamp=MOMENT,
)


@pytest.mark.rule("H40")
def test_a_request_is_laid_out_to_the_letter() -> None:
    sent = MhaRequest(MOMENT, ("S1234567A", "F7654321B"))
    assert request_name(MOMENT) == "URA2NRO_20250201003005"
    assert encode_request(sent).decode().split("\n") == [
        "         20250201003005000002    ",
        "S1234567A          2025020100300520250201003005         ",
        "F7654321B          2025020100300520250201003005         ",
        "",
    ]


@pytest.mark.rule("H41")
def test_every_value_of_a_response_stands_at_its_place() -> None:
    line = encode_response([FULL]).decode()
    assert len(line) == 239
    assert line.endswith("\n")
    for start, width, value in (
        (1, 9, "S1234567A"),
        (10, 66, "JOHN TAN"),
        (76, 8, "19800131"),
        (84, 1, "A"),
        (85, 10, "123A"),
        (95, 32, "EXAMPLE STREET"),
        (127, 2, "01"),
        (129, 5, "001"),
        (134, 30, "EXAMPLE BUILDING"),
        (164, 4, ""),
        (168, 6, "123456"),
        (174, 8, "20241231"),
        (182, 1, "D"),
        (183, 1, "G"),
        (184, 10, "REF0000001"),
        (194, 14, "20250201003005"),
        (208, 8, "20241130"),
        (216, 23, "20250201003005"),
    ):
        assert line[start - 1 : start - 1 + width] == value.ljust(width)


def lines(*texts: str) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


def in_bytes(*records: MhaRecord) -> bytes:
    """Write a response whose positions count bytes."""
    return b"".join(bytes_of(record) for record in records)


def bytes_of(record: MhaRecord) -> bytes:
    line = bytearray(b" " * RESPONSE_WIDTH + b"\n")
    for place in FIELD_POSITIONS:
        value = getattr(record.address if place.name in ADDRESS_WIDTHS else record, place.name)
        content = place.write(value).encode()
        line[place.start - 1 : place.start - 1 + len(content)] = content
    return bytes(line)


MARK = b"\x1a"
PLAIN = evolve(FULL, name="JOHN LIM")
WIDE, WIDER = evolve(FULL, name="ÅSA LIM"), evolve(FULL, name="ÅSÉ ÜMÖ LIM")

SHORT = "S1234567A" + "JOHN TAN"
Reading = Case[bytes, None, object]

RESPONSES: tuple[Reading, ...] = (
    Case(rule="H41", name="a full record", given=encode_response([FULL]), says=(FULL,)),
    Case(
        rule="H41",
        name="a short line is padded",
        given=lines(SHORT),
        says=(MhaRecord("S1234567A", "JOHN TAN"),),
    ),
    Case(
        rule="H41",
        name="blank lines are skipped",
        given=lines("", SHORT, "   "),
        says=(MhaRecord("S1234567A", "JOHN TAN"),),
    ),
    Case(
        rule="H41",
        name="a bad date is ignored",
        given=lines(SHORT.ljust(75) + "20259999"),
        says=(MhaRecord("S1234567A", "JOHN TAN"),),
    ),
    Case(
        rule="H41",
        name="lines may end as on Windows",
        given=SHORT.encode() + b"\r\n",
        says=(MhaRecord("S1234567A", "JOHN TAN"),),
    ),
    Case(rule="H41", name="an empty file has no records", given=b"", says=()),
    Case(
        rule="H43",
        name="a last line that is not ended is cut",
        given=SHORT.encode(),
        says=UnusableFile(MhaFileFault.CUT, 1),
    ),
    Case(
        rule=("H41", "H43"),
        name="a last line of the full width is whole without its end",
        given=encode_response([FULL, FULL]).removesuffix(b"\n"),
        says=(FULL, FULL),
    ),
    Case(
        rule=("H41", "H43"),
        name="nor does it need the second half of an end of Windows",
        given=encode_response([FULL, FULL]).removesuffix(b"\n") + b"\r",
        says=(FULL, FULL),
    ),
    *(
        Case(
            rule="H41",
            name=f"a record that has a letter at its very end, laid out by {layout}",
            given=content.removesuffix(b" \n") + b"X\n",
            says=(evolve(record, timestamp=None),),
        )
        for layout, record, content in (
            ("characters", FULL, encode_response([FULL])),
            ("bytes", WIDE, in_bytes(WIDE)),
        )
    ),
    Case(
        rule=("H41", "H43"),
        name="a last line of the full width that lacks a character is cut",
        given=encode_response([FULL])[:-2],
        says=UnusableFile(MhaFileFault.CUT, 1),
    ),
    Case(
        rule="H41",
        name="a mark at the beginning of the text is none of it",
        given=b"\xef\xbb\xbf" + encode_response([FULL]),
        says=(FULL,),
    ),
    Case(
        rule="H41",
        name="a wide letter counts as one where the line is whole in characters",
        given=encode_response([WIDE]),
        says=(WIDE,),
    ),
    Case(
        rule="H41",
        name="also where one of its dates is none",
        given=encode_response([WIDE]).replace(b"19800131", b"UNKNOWN "),
        says=(evolve(WIDE, birth=None),),
    ),
    Case(
        rule="H41",
        name="and as its bytes where the line is whole in bytes only",
        given=in_bytes(WIDE, PLAIN),
        says=(WIDE, PLAIN),
    ),
    Case(
        rule="H41",
        name="each line by itself",
        given=in_bytes(WIDE) + encode_response([WIDE]) + in_bytes(WIDE),
        says=(WIDE, WIDE, WIDE),
    ),
    Case(
        rule="H41",
        name="a bad date does not change how a line whole in bytes is read",
        given=in_bytes(WIDE).replace(b"19800131", b"UNKNOWN "),
        says=(evolve(WIDE, birth=None),),
    ),
    *(
        Case(
            rule="H41",
            name=f"a line without its blanks at the end, laid out by {layout}",
            given=content.rstrip() + b"\n",
            says=(WIDE,),
        )
        for layout, content in (("characters", encode_response([WIDE])), ("bytes", in_bytes(WIDE)))
    ),
    Case(
        rule="H41",
        name="a line of characters that happens to have the full width in bytes",
        given=encode_response([WIDE]).removesuffix(b" \n") + b"\n",
        says=(WIDE,),
    ),
    Case(
        rule="H41",
        name="a short line with a wide letter at its end is the same either way",
        given=lines("S1234567AÅSA LIM"),
        says=(MhaRecord("S1234567A", "ÅSA LIM"),),
    ),
    *(
        Case(
            rule="H41",
            name=f"a line that lacks {missing} of its name's blanks fits neither",
            given=encode_response([PLAIN]) + encode_response([WIDE]).replace(b"LIM" + b" " * missing, b"LIM"),
            says=UnusableFile(MhaFileFault.NEITHER_WIDTH, 2),
        )
        for missing in (2, 3)
    ),
    Case(
        rule="H41",
        name="so does a line too wide in bytes and short in characters",
        given=encode_response([WIDER]).replace(b"LIM ", b"LIM"),
        says=UnusableFile(MhaFileFault.NEITHER_WIDTH, 1),
    ),
    Case(
        rule=("H41", "H43"),
        name="a last line whole in bytes is whole without its end",
        given=in_bytes(PLAIN, WIDE).removesuffix(b"\n"),
        says=(PLAIN, WIDE),
    ),
    Case(
        rule=("H41", "H43"),
        name="but not where it may be a line of characters cut off",
        given=in_bytes(MhaRecord("S1234567A", "ÅSA LIM")).removesuffix(b"\n"),
        says=UnusableFile(MhaFileFault.CUT, 1),
    ),
    Case(
        rule=("H41", "H43"),
        name="a line of characters cut to the full width in bytes is cut",
        given=encode_response([WIDE]).removesuffix(b" \n"),
        says=UnusableFile(MhaFileFault.CUT, 1),
    ),
    Case(
        rule="H43",
        name="a lone mark at the end is nothing",
        given=encode_response([FULL]) + MARK,
        says=(FULL,),
    ),
    Case(
        rule="H43",
        name="nor is it where lines end as on Windows",
        given=encode_response([FULL]).replace(b"\n", b"\r\n") + MARK,
        says=(FULL,),
    ),
    Case(rule="H43", name="nothing but the mark has no records", given=MARK, says=()),
    *(
        Case(
            rule="H43",
            name=f"a mark that is {name} is no end",
            given=content,
            says=UnusableFile(fault, 1),
        )
        for name, content, fault in (
            ("not after a line end", encode_response([FULL]).removesuffix(b"\n") + MARK, MhaFileFault.CUT),
            ("in front", MARK + encode_response([FULL]).removesuffix(b" \n") + b"\n", MhaFileFault.NO_UIN),
            ("not alone", MARK + MARK, MhaFileFault.CUT),
            ("a line of its own", MARK + b"\n", MhaFileFault.NO_UIN),
        )
    ),
    Case(
        rule="H41",
        name="blanks beyond the width of a record are none of it",
        given=lines(SHORT.ljust(240)),
        says=(MhaRecord("S1234567A", "JOHN TAN"),),
    ),
    Case(
        rule="H41",
        name="nor are those beyond its width in bytes",
        given=in_bytes(WIDE).replace(b"\n", b"  \n"),
        says=(WIDE,),
    ),
    Case(
        rule="H43",
        name="a record that is too long",
        given=lines(SHORT.ljust(238) + "X"),
        says=UnusableFile(MhaFileFault.TOO_LONG, 1),
    ),
    Case(
        rule="H43",
        name="a record of nobody",
        given=lines(SHORT, "X234"),
        says=UnusableFile(MhaFileFault.NO_UIN, 2),
    ),
    Case(
        rule="H43",
        name="bytes that are no text",
        given=b"\xff\xfe\n",
        says=UnusableFile(MhaFileFault.NOT_UTF8),
    ),
    Case(rule="H43", name="a zero byte", given=b"S\0\n", says=UnusableFile(MhaFileFault.ZERO_BYTE)),
)


@parametrize_cases(RESPONSES)
def test_parse_response(case: Reading) -> None:
    assert parse_response(case.given) == case.says


REQUESTS: tuple[Reading, ...] = (
    Case(rule="H40", name="no header", given=b"", says=UnusableFile(MhaFileFault.BAD_HEADER, 1)),
    *(
        Case(
            rule="H40",
            name=f"a header {what}",
            given=lines(header),
            says=UnusableFile(MhaFileFault.BAD_HEADER, 1),
        )
        for what, header in (
            ("of another width", "         20250201003005000000   "),
            ("without a moment", "         20251301003005000000    "),
            ("whose count has a letter", "         2025020100300500000X    "),
            (
                "whose count has a digit of another script",
                "         20250201003005\u0660\u0660\u0660\u0660\u0660\u0660    ",
            ),
            ("whose moment has a digit of another script", "         2025020100300\u0665000000    "),
        )
    ),
    Case(
        rule="H40",
        name="a count that is not the number of details",
        given=lines("         20250201003005000002    "),
        says=UnusableFile(MhaFileFault.WRONG_COUNT),
    ),
    Case(
        rule="H40",
        name="a detail of another width",
        given=lines("         20250201003005000001    ", "S1234567A"),
        says=UnusableFile(MhaFileFault.BAD_DETAIL, 2),
    ),
    Case(
        rule="H40",
        name="a detail of nobody, whatever stands behind the identity",
        given=lines("         20250201003005000001    ", f"{'':9}X".ljust(56)),
        says=UnusableFile(MhaFileFault.BAD_DETAIL, 2),
    ),
    Case(
        rule="H40",
        name="what stands behind an identity is none of it",
        given=lines("         20250201003005000001    ", "S1234567AX".ljust(56)),
        says=MhaRequest(MOMENT, ("S1234567A",)),
    ),
    Case(
        rule="H40",
        name="lines may end as on Windows",
        given=encode_request(MhaRequest(MOMENT, ("S1234567A",))).replace(b"\n", b"\r\n"),
        says=MhaRequest(MOMENT, ("S1234567A",)),
    ),
)


@parametrize_cases(REQUESTS)
def test_parse_request(case: Reading) -> None:
    assert parse_request(case.given) == case.says


TOTALS = Totals(read=5, matched=3, invalid=1, not_found=1)
TOTALS_FILE = lines(
    "TOTAL RECORDS READ: 5",
    "TOTAL RECORDS MATCHED: 3",
    "TOTAL INVALID UIN/FIN: 1",
    "TOTAL VALID UIN/FIN NOT FOUND: 1",
)
CONTROLS: tuple[Reading, ...] = (
    Case(rule="H42", name="totals", given=TOTALS_FILE, says=TOTALS),
    Case(
        rule="H42", name="totals in another spacing", given=TOTALS_FILE.replace(b": ", b"  :   "), says=TOTALS
    ),
    Case(rule=("H42", "H43"), name="totals with a mark at the end", given=TOTALS_FILE + MARK, says=TOTALS),
    Case(rule="H42", name="totals with a mark in front", given=b"\xef\xbb\xbf" + TOTALS_FILE, says=TOTALS),
    Case(
        rule="H42", name="totals cut off", given=TOTALS_FILE[:60], says=UnusableFile(MhaFileFault.BAD_TOTALS)
    ),
    Case(
        rule="H42",
        name="totals of nothing readable",
        given=b"\xff",
        says=UnusableFile(MhaFileFault.BAD_TOTALS),
    ),
)


@parametrize_cases(CONTROLS)
def test_parse_totals(case: Reading) -> None:
    assert parse_totals(case.given) == case.says


EXCEPTION = ExceptionLine(1, "S1234567A", "INVALID")
EXCEPTION_FILES: tuple[Reading, ...] = (
    Case(rule="H42", name="none", given=b"", says=()),
    Case(rule=("H42", "H43"), name="nothing but a mark at the end", given=MARK, says=()),
    Case(
        rule=("H42", "H43"),
        name="one, and a mark at the end",
        given=encode_exceptions([EXCEPTION]) + MARK,
        says=(EXCEPTION,),
    ),
    Case(
        rule=("H42", "H43"),
        name="the second of which cannot be read",
        given=encode_exceptions([EXCEPTION]) + b"1 S1234567A\n",
        says=UnusableFile(MhaFileFault.BAD_EXCEPTION, 2),
    ),
    Case(
        rule=("H42", "H43"),
        name="whose number is of digits that are not ASCII",
        given="\uff11 S1234567A INVALID\n".encode(),
        says=UnusableFile(MhaFileFault.BAD_EXCEPTION, 1),
    ),
    Case(
        rule=("H42", "H43"),
        name="one that is not ended",
        given=encode_exceptions([EXCEPTION]).removesuffix(b"\n"),
        says=UnusableFile(MhaFileFault.CUT, 1),
    ),
)


@parametrize_cases(EXCEPTION_FILES)
def test_parse_exceptions(case: Reading) -> None:
    assert parse_exceptions(case.given) == case.says


MISMATCHES: tuple[Case[tuple[int, int], Totals, str | None], ...] = (
    Case(rule="H42", name="all adds up", given=(3, 2), ask=TOTALS, says=None),
    Case(rule="H42", name="a record is missing", given=(2, 2), ask=TOTALS, says="2 records, but 3 matched"),
    Case(
        rule="H42",
        name="an exception is missing",
        given=(3, 1),
        ask=TOTALS,
        says="1 exceptions, but 2 invalid or not found",
    ),
    Case(
        rule="H42",
        name="not all that was read is accounted for",
        given=(3, 2),
        ask=Totals(6, 3, 1, 1),
        says="6 read, but 5 accounted for",
    ),
)


@parametrize_cases(MISMATCHES)
def test_mismatch(case: Case[tuple[int, int], Totals, str | None]) -> None:
    records, exceptions = case.given
    found = mismatch([FULL] * records, case.ask, [ExceptionLine(1, "S1234567A", "INVALID")] * exceptions)
    assert found == case.says


@pytest.mark.rule("H42")
def test_control_files_bear_the_ending_of_their_response() -> None:
    assert control_names("NRO2URA_20250201003005") == (
        "REPORT_20250201003005.TOT",
        "REPORT_20250201003005.EXP",
    )


WHOLE_SET = ("NRO2URA_1", *control_names("NRO2URA_1"))
WAITING: tuple[Case[tuple[str, ...], None, tuple[str, ...]], ...] = (
    Case(rule="H42", name="all three files", given=WHOLE_SET, says=()),
    Case(rule="H42", name="a response and its totals", given=WHOLE_SET[:2], says=()),
    Case(rule="H42", name="a response alone", given=WHOLE_SET[:1], says=WHOLE_SET[:1]),
    Case(
        rule="H42",
        name="a response without its totals",
        given=(WHOLE_SET[0], WHOLE_SET[2]),
        says=WHOLE_SET[:1],
    ),
    Case(
        rule="H42",
        name="control files alone",
        given=WHOLE_SET[1:],
        says=tuple(sorted(WHOLE_SET[1:])),
    ),
    Case(
        rule="H42",
        name="files of nobody's",
        given=("README", "REPORT_1.TXT", "URA2NRO_1"),
        says=(),
    ),
)


@parametrize_cases(WAITING)
def test_waiting(case: Case[tuple[str, ...], None, tuple[str, ...]]) -> None:
    assert waiting_files(case.given) == case.says


@pytest.mark.rule("H43")
def test_the_tags_are_mhas() -> None:
    assert TAGS == {
        "D": "delisted",
        "M": "demolished",
        "F": "fail to report",
        "G": "gone away",
        "I": "invalid",
        "N": "no such number",
        "P": "outdated",
        "S": "overseas",
    }


@pytest.mark.rule("H36")
def test_an_answer_counts_from_mhas_own_time_and_else_from_its_receipt() -> None:
    later = MOMENT + timedelta(days=1)
    assert address_answer(FULL, later).answered_at == MOMENT
    assert address_answer(MhaRecord("S1234567A"), later).answered_at == later
    assert address_answer(FULL, later).id_type == "N"
    assert address_answer(MhaRecord("G1234567A"), later).id_type == "F"
    assert address_answer(MhaRecord("S1234567A", batch_time=MOMENT), later).answered_at == MOMENT


@pytest.mark.rule("H36")
def test_an_answer_has_all_that_the_record_says_of_the_address() -> None:
    assert address_answer(FULL, MOMENT) == AddressAnswer(
        id_no="S1234567A",
        id_type="N",
        source="MHA",
        address=FULL.address,
        answered_at=MOMENT,
        address_type="A",
        invalid_addr_tag="G",
        effective_date=at("2024-11-30T00:00:00"),
    )
    assert address_answer(MhaRecord("S1234567A"), MOMENT).effective_date is None


@pytest.mark.rule("H41", "H42")
def test_what_is_wrong_with_a_file_is_told_with_its_line() -> None:
    assert {fault.name: fault.value for fault in MhaFileFault} == {
        "NOT_UTF8": "is not UTF-8",
        "ZERO_BYTE": "holds a zero byte",
        "CUT": "ends within a record",
        "TOO_LONG": "has a record that is too long",
        "NEITHER_WIDTH": "has a record that fits neither in characters nor in bytes",
        "NO_UIN": "has a record without a valid UIN or FIN",
        "BAD_HEADER": "has no proper header",
        "BAD_DETAIL": "has a detail record of another width",
        "WRONG_COUNT": "has another number of records than its header says",
        "BAD_TOTALS": "does not state its totals",
        "BAD_EXCEPTION": "has an exception that cannot be read",
    }
    assert str(UnusableFile(MhaFileFault.CUT, 3)) == "ends within a record (line 3)"
    assert str(UnusableFile(MhaFileFault.NOT_UTF8)) == "is not UTF-8"


@pytest.mark.rule("H42")
def test_control_files_are_written_to_the_letter() -> None:
    assert encode_totals(Totals(10, 7, 2, 1)).decode() == (
        "TOTAL RECORDS READ: 10\n"
        "TOTAL RECORDS MATCHED: 7\n"
        "TOTAL INVALID UIN/FIN: 2\n"
        "TOTAL VALID UIN/FIN NOT FOUND: 1\n"
    )
    written = encode_exceptions(
        [ExceptionLine(1, "S0000000A", "INVALID"), ExceptionLine(12, "F1", "NOT FOUND")]
    )
    assert written.decode() == "000001 S0000000A INVALID\n000012 F1        NOT FOUND\n"


# What fits its place and survives being padded: printed text without blanks at its ends.
def fitting(width: int) -> st.SearchStrategy[str]:
    characters = st.characters(exclude_categories=["C", "Z"], include_characters=" ")
    return st.text(characters, max_size=width).filter(lambda text: text == text.strip())


def fitting_in_bytes(width: int) -> st.SearchStrategy[str]:
    return fitting(width).map(lambda text: text.encode()[:width].decode(errors="ignore").strip())


UINS = st.from_regex(r"\A[STFGM][0-9]{7}[A-Z]\Z")
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(  # noqa: DTZ001  # the zone comes next
    lambda moment: moment.replace(microsecond=0, tzinfo=SINGAPORE)
)


def records_of(text: Callable[[int], st.SearchStrategy[str]]) -> st.SearchStrategy[MhaRecord]:
    return st.builds(
        MhaRecord,
        uin=UINS,
        name=text(66),
        birth=st.none() | st.dates(),
        address_type=text(1),
        address=st.builds(RegisteredAddress, **{part: text(width) for part, width in ADDRESS_WIDTHS.items()}),
        death=st.none() | st.dates(),
        life_status=text(1),
        invalid_tag=text(1),
        ura_reference=text(10),
        batch_time=st.none() | MOMENTS,
        address_change=st.none() | st.dates(),
        timestamp=st.none() | MOMENTS,
    )


RECORDS, RECORDS_IN_BYTES = records_of(fitting), records_of(fitting_in_bytes)
EXCEPTIONS = st.builds(ExceptionLine, st.integers(0, 10**6), UINS, st.sampled_from(["INVALID", "NOT FOUND"]))


@pytest.mark.rule("H41")
@given(st.lists(RECORDS, max_size=3))
def test_a_response_read_is_the_response_written(records: list[MhaRecord]) -> None:
    assert parse_response(encode_response(records)) == tuple(records)


@pytest.mark.rule("H41")
@given(st.lists(RECORDS_IN_BYTES, max_size=3))
def test_a_response_read_is_the_response_written_in_bytes(records: list[MhaRecord]) -> None:
    assert parse_response(in_bytes(*records)) == tuple(records)


@pytest.mark.rule("H40")
@given(MOMENTS, st.lists(UINS, max_size=5))
def test_a_request_read_is_the_request_written(moment: datetime, uins: list[str]) -> None:
    assert parse_request(encode_request(MhaRequest(moment, tuple(uins)))) == MhaRequest(moment, tuple(uins))


@pytest.mark.rule("H42")
@given(st.builds(Totals, *[st.integers(0, 10**6)] * 4), st.lists(EXCEPTIONS, max_size=3))
def test_control_files_read_are_those_written(totals: Totals, exceptions: list[ExceptionLine]) -> None:
    assert parse_totals(encode_totals(totals)) == totals
    assert parse_exceptions(encode_exceptions(exceptions)) == tuple(exceptions)


@pytest.mark.rule("H43")
@given(st.binary(max_size=600) | st.lists(RECORDS, max_size=2).map(encode_response))
def test_any_bytes_give_records_or_a_named_fault(content: bytes) -> None:
    for parse in (parse_response, parse_request, parse_totals, parse_exceptions):
        found = parse(content)
        assert isinstance(found, tuple | MhaRequest | Totals | UnusableFile)
        assert str(found)


@pytest.mark.rule("H43")
@given(
    st.lists(RECORDS, min_size=1, max_size=3).map(lambda records: (records, encode_response(records)))
    | st.lists(RECORDS_IN_BYTES, min_size=1, max_size=3).map(lambda records: (records, in_bytes(*records))),
    st.sampled_from([b"", MARK]),
)
def test_a_response_cut_anywhere_gives_all_its_records_or_none(
    response: tuple[list[MhaRecord], bytes], mark: bytes
) -> None:
    records, content = response
    for end in range(len(content) - RESPONSE_WIDTH, len(content) + len(mark) + 1):
        found = parse_response((content + mark)[:end])
        if not isinstance(found, UnusableFile) and len(found) == len(records):
            assert found == tuple(records)


@pytest.mark.rule("H43")
@pytest.mark.parametrize("encode", [encode_response, lambda records: in_bytes(*records)])
def test_a_response_cut_at_any_byte_is_whole_or_does_not_pass(
    encode: Callable[[list[MhaRecord]], bytes],
) -> None:
    content = encode([FULL, MhaRecord("G1234567A", "ÅSA LIM"), FULL])
    totals = Totals(read=3, matched=3, invalid=0, not_found=0)
    whole = [
        end
        for end in range(len(content) + 1)
        if not isinstance(records := parse_response(content[:end]), UnusableFile)
        and mismatch(records, totals, ()) is None
    ]
    # The last record has its full width: its line end alone may be missing.
    assert whole == [len(content) - 1, len(content)]
