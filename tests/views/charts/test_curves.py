from models import VARIANTS
from views import text
from views.charts.curves import rows, spec

VARIANT = VARIANTS["fashion-cnn"]


def test_rows_are_the_counts() -> None:
    card, found = VARIANT.card, rows([VARIANT], {}, 0.1)
    kinds = (text.common.FGSM_CURVE, card.fgsm), (text.common.RANDOM_CURVE, card.random)
    for kind, counts in kinds:
        told = [row for row in found["recorded"] if row["kind"] == kind]
        assert [row["epsilon"] for row in told] == list(card.epsilons)
        assert [row["accuracy"] for row in told] == [count / card.total for count in counts]
        assert [row["counted"] for row in told] == [f"{c:,} / {card.total:,}" for c in counts]
    assert [row["accuracy"] for row in found["chance"]] == [0.1]
    marked = [row for row in found["recorded"] if row["epsilon"] == 0.1]
    assert all(row.items() >= old.items() for row, old in zip(found["marker"], marked, strict=True))
    assert found["live"] == []


def test_axes_are_fixed_and_curves_told_apart_without_colour() -> None:
    layers = spec((VARIANT.id,))["layer"]
    assert {layer["data"]["name"] for layer in layers} == {"recorded", "live", "chance", "marker"}
    (lines,) = [layer for layer in layers if layer["mark"]["type"] == "line"]
    assert lines["encoding"]["x"]["scale"]["domain"] == [0, 0.3]
    assert lines["encoding"]["y"]["scale"]["domain"] == [0, 1]
    assert lines["encoding"]["strokeDash"]["field"] == "kind"
