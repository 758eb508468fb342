"""What can go wrong without any item being to blame."""

import pytest

from ocms_core.kernel.errors import OcmsError, Unavailable


@pytest.mark.rule("P4")
def test_what_cannot_be_reached_is_named_and_nothing_else() -> None:
    fault = Unavailable("the Intranet database")
    assert isinstance(fault, OcmsError)
    assert fault.which == "the Intranet database"
    assert str(fault) == "the Intranet database is unavailable"
    assert fault.code is None
    assert Unavailable("the Intranet database", "57P01").code == "57P01"
