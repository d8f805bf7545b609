from nudge.evaluation.sweep import AccuracyCurve
from nudge.serving.live_curves import CurvePair
from views import text
from views.charts.accuracy import accuracy_rows, accuracy_spec

PAIR = CurvePair(
    fgsm=AccuracyCurve((0.0, 0.1), (9, 2), 10), random=AccuracyCurve((0.0, 0.1), (9, 8), 10)
)


def test_rows_are_the_counts() -> None:
    rows = accuracy_rows(PAIR, epsilon=0.1, chance=0.25)
    found = {(r["kind"], r["epsilon"]): (r["accuracy"], r["counted"]) for r in rows["curves"]}
    assert found == {
        (text.common.FGSM_CURVE, 0.0): (0.9, "9 / 10"),
        (text.common.FGSM_CURVE, 0.1): (0.2, "2 / 10"),
        (text.common.RANDOM_CURVE, 0.0): (0.9, "9 / 10"),
        (text.common.RANDOM_CURVE, 0.1): (0.8, "8 / 10"),
    }
    assert rows["chance"] == [{"accuracy": 0.25}]
    assert rows["marker"] == [row for row in rows["curves"] if row["epsilon"] == 0.1]


def test_no_rows_before_the_first_picture() -> None:
    none = AccuracyCurve((0.0, 0.1), (0, 0), 0)
    assert accuracy_rows(CurvePair(none, none), epsilon=0.1, chance=0.1)["curves"] == []


def test_axes_are_fixed_and_curves_told_apart_without_colour() -> None:
    layers = {layer["data"]["name"]: layer for layer in accuracy_spec()["layer"]}
    assert layers.keys() == {"curves", "chance", "marker"}
    (lines,) = [x for x in accuracy_spec()["layer"] if x["mark"]["type"] == "line"]
    assert lines["encoding"]["x"]["scale"]["domain"] == [0, 0.3]
    assert lines["encoding"]["y"]["scale"]["domain"] == [0, 1]
    assert lines["encoding"]["strokeDash"]["field"] == "kind"
