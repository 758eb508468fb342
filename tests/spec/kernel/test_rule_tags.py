"""The tag that ties a function to its rules."""

from ocms_core.kernel.rule_tags import rule


def test_a_tagged_function_is_itself_and_carries_its_rules() -> None:
    def decided() -> str:
        return "decided"

    tagged = rule("P1", "G8")(decided)
    assert tagged is decided
    assert vars(tagged)["__rules__"] == ("P1", "G8")
