"""What a browser sends as a box: anything may come, and only boxes on this picture get through."""

import pytest

from views.parts.object_marking import parse


def test_a_box() -> None:
    assert parse(["abc", 0, 0.12345, 0.5, 1], "abc") == (0.0, 0.123, 0.5, 1.0)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "abc",
        [],
        ["abc", 0, 0, 1],
        ["of another picture", 0, 0, 1, 1],
        ["abc", 0, 0, "1", 1],
        ["abc", 0, 0, None, 1],
        ["abc", 0.5, 0, 0.4, 1],
        ["abc", 0.5, 0, 0.5001, 1],  # nothing is left of it when it is rounded
        ["abc", -1, 0, 1, 1],
        ["abc", 0, 0, 1, 1e9],
        ["abc", 0, 0, float("nan"), 1],
        ["abc", 0, 0, float("inf"), 1],
    ],
)
def test_what_is_no_box(value: object) -> None:
    assert parse(value, "abc") is None
