"""What a card may hold: whatever passes is fit for every page."""

import json
from copy import deepcopy
from typing import Any

import pytest

from models import PRETRAINED, VARIANTS
from models.card_checks import parse_card
from models.epsilons import EPSILONS

RECORDS: dict[str, Any] = json.loads((PRETRAINED / "index.json").read_text(encoding="utf-8"))
NAME = "sign-fcnn"
TOTAL = RECORDS[NAME]["total"]


def test_every_committed_card_passes() -> None:
    assert [parse_card(RECORDS[name]).total for name in VARIANTS]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("sha256", 7, "sha256: expected a text"),
        ("permutation_sha256", [], "permutation_sha256"),
        ("data_sha256", {"test": 7}, "data_sha256"),
        ("recipe", [1], "recipe: expected an object"),
        ("versions", None, "versions"),
        ("total", 0, "total: expected a count"),
        ("total", "7172", "total"),
        ("total", True, "total"),
        ("parameters", -1, "total"),
        ("seed", 1.5, "seed"),
        ("seconds", float("nan"), "seconds"),
        ("seconds", float("inf"), "seconds"),
        ("epsilons", [0, 0.1], "fgsm: expected 2 of them"),
        ("epsilons", [0.1, *EPSILONS[1:]], "epsilons: expected rising from 0"),
        ("epsilons", [*EPSILONS[:-1], 2], "epsilons"),
        ("epsilons", [], "epsilons"),
        ("fgsm", [TOTAL + 1] * 61, f"fgsm: expected counts out of {TOTAL}"),
        ("pgd", [TOTAL] * 60, "pgd: expected 61 of them"),
        ("pgd", [*range(61)], "pgd: expected counts that never rise"),
        ("fgsm", [0] * 61, "fgsm: expected a network that is right somewhere"),
        ("random", [1.5] * 61, "random"),
        ("random", "9" * 61, "random"),
        ("ssim", [None] * 61, "ssim"),
        ("ssim", [1.0] * 60, "ssim"),
        ("class_totals", [1], "class_totals: expected of all pictures"),
        ("class_correct", [TOTAL] * 24, "class_correct"),
        ("learning_curve", [], "learning_curve"),
    ],
)
def test_what_no_page_could_draw(field: str, value: object, message: str) -> None:
    record = deepcopy(RECORDS[NAME])
    record[field] = value
    with pytest.raises(ValueError, match=message):
        parse_card(record)
