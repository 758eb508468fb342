"""Every law of the property level."""

from ocms_conformance.law import Law
from ocms_conformance.laws_of_batches import LAWS as OF_BATCHES
from ocms_conformance.laws_of_offenders import LAWS as OF_OFFENDERS
from ocms_conformance.laws_of_repeats import LAWS as OF_REPEATS

LAWS: tuple[Law, ...] = (*OF_BATCHES, *OF_REPEATS, *OF_OFFENDERS)
