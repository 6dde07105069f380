from typing import Any

import pytest

from dmenet.errors import InputError, check_number


@pytest.mark.parametrize(
    ("value", "range_", "message"),
    [
        (0, {"least": 1, "whole": True}, "x=0: expected a whole number at least 1"),
        (1.5, {"least": 1, "whole": True}, "x=1.5: expected a whole number at least 1"),
        (0, {"over": 0}, "x=0: expected a number over 0"),
        (17, {"least": 16, "whole": True, "multiple_of": 16}, "x=17: expected a multiple of 16"),
        (5, {"least": 0, "most": 4}, "x=5: expected a number at least 0 and at most 4"),
        ("two", {"least": 1}, "x=two: expected a number at least 1"),
        (True, {"least": 0}, "x=True: expected a number"),
        (float("nan"), {"least": 0}, "x=nan: expected a number"),
        (float("inf"), {"least": 0}, "x=inf: expected a number"),
        (None, {"least": 0}, "x=None: expected a number"),
        ([], {"least": 0}, r"x=\[\]: expected a number"),
        ({}, {"least": 0}, r"x=\{\}: expected a number"),
    ],
)
def test_what_is_out_of_range_is_named_with_the_range(
    value: object, range_: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        check_number("x", value, **range_)


def test_what_is_in_range_is_taken() -> None:
    check_number("x", 1, least=1, most=1, whole=True)
    check_number("x", 0.1, over=0)
    check_number("x", 32, multiple_of=16, whole=True)
