"""
Invented people: nobody can be mistaken for a real one.

Identity numbers carry a check letter their series never has (S…X, F…A), companies a year long before
companies, plates a last letter no plate ends in, postal codes a sector that does not exist, telephone
numbers a first digit no subscriber has.
"""

from datetime import datetime, timedelta
from random import Random

from attrs import frozen

ID_TYPES = ("N", "F", "U", "P")
ID_TYPE_WEIGHTS = (14, 3, 2, 1)
ID_FORMS = {"N": "S{:07}X", "F": "F{:07}A", "U": "{:09}X", "P": "SP{:07}"}
COMPANY = "U"
REGISTERED = ("N", "F")
"""Types of identity MHA keeps an address, a birth and a life status of."""

GIVEN = ("ALEX", "BENI", "CASEY", "DARA", "EDEN", "FARAH", "GALE", "HARI", "INDRA", "JULES", "KIM", "LEE")
FAMILY = ("SAMPLE", "SPECIMEN", "EXAMPLE", "PATTERN", "MODEL", "MUSTER", "CONTOH", "MAADIRI", "YANGBEN")
TRADES = ("TRANSPORT", "LEASING", "TRADING", "CATERING", "LOGISTICS")
STREETS = ("EXAMPLE STREET", "SAMPLE AVENUE", "MODEL ROAD", "SPECIMEN LANE", "PATTERN CRESCENT")
BUILDINGS = ("", "", "EXAMPLE BUILDING", "SAMPLE TOWER")

CATEGORIES = ("C", "M", "H", "B")
CATEGORY_WEIGHTS = (14, 3, 2, 1)
PLATE_SERIES = {"C": "S", "M": "F", "H": "Y", "B": "P"}
PLATE_LETTERS = "ABCDEGHJKLMPRSTUXYZ"
PLATE_ENDS = "QNVWFIO"
PLATES_IN_SERIES = 9000
FIRST_PLATE = 1000

VIP_SHARE = 0.005
BIRTHS_FROM = datetime(1950, 1, 1)  # noqa: DTZ001  # columns hold Singapore time without a zone
BIRTH_DAYS = 18_000


@frozen
class SampleAddress:
    """An address; empty text for a part there is not."""

    blk_hse_no: str
    street_name: str
    floor_no: str
    unit_no: str
    bldg_name: str
    postal_code: str


@frozen
class SampleHstListing:
    """
    Somebody stands on the HST list.

    `answered_at` is when the last address check came back with `answer`, None while it is under way.
    An answer with `tag` is an invalid address (H37).
    """

    since: datetime
    answered_at: datetime | None
    answer: SampleAddress
    tag: str | None


@frozen
class SamplePerson:
    """A person or company with an address and a vehicle."""

    id_type: str
    id_no: str
    name: str
    address: SampleAddress
    email: str | None
    tel_no: str | None
    vehicle_no: str
    vehicle_category: str
    vip: bool = False
    born: datetime | None = None
    listing: SampleHstListing | None = None


def person(rng: Random, number: int) -> SamplePerson:
    """Invent the person of a number; no two numbers share an identity or a vehicle."""
    id_type = rng.choices(ID_TYPES, ID_TYPE_WEIGHTS)[0]
    category = rng.choices(CATEGORIES, CATEGORY_WEIGHTS)[0]
    return SamplePerson(
        id_type=id_type,
        id_no=ID_FORMS[id_type].format(number),
        name=name(rng, id_type),
        address=address(rng),
        email=f"person{number}@example.com" if rng.random() < 1 / 2 else None,
        tel_no=f"1{number:07}" if rng.random() < 1 / 2 else None,
        vehicle_no=plate(category, number),
        vehicle_category=category,
        vip=rng.random() < VIP_SHARE,
        born=BIRTHS_FROM + timedelta(rng.randrange(BIRTH_DAYS)) if id_type in REGISTERED else None,
    )


def name(rng: Random, id_type: str) -> str:
    """Invent a name."""
    if id_type == COMPANY:
        return f"{rng.choice(FAMILY)} {rng.choice(TRADES)} PTE LTD"
    return f"{rng.choice(GIVEN)} {rng.choice(GIVEN)} {rng.choice(FAMILY)}"


def address(rng: Random) -> SampleAddress:
    """Invent an address."""
    return SampleAddress(
        blk_hse_no=str(rng.randrange(1, 900)),
        street_name=rng.choice(STREETS),
        floor_no=f"{rng.randrange(1, 30):02}",
        unit_no=f"{rng.randrange(1, 400):02}",
        bldg_name=rng.choice(BUILDINGS),
        postal_code=f"99{rng.randrange(10_000):04}",
    )


def plate(category: str, number: int) -> str:
    """Return the plate of a number; it ends in a letter no plate ends in."""
    series, place = divmod(number, PLATES_IN_SERIES)
    series, second = divmod(series, len(PLATE_LETTERS))
    end, first = divmod(series, len(PLATE_LETTERS))
    letters = PLATE_LETTERS[first] + PLATE_LETTERS[second]
    return f"{PLATE_SERIES[category]}{letters}{FIRST_PLATE + place}{PLATE_ENDS[end]}"
