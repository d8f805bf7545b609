"""What the sweep benchmark counts, and what it makes of times; how fast it is is no matter here."""

import json
from pathlib import Path

import pytest
import torch

from models import VARIANTS, Dataset, load_model
from nudge.data import Split, to_pixels
from scripts.measuring import contenders, sweeping
from scripts.measuring.contenders import BARE, ENGINE, LOOP, PRODUCTS, by_foolbox, by_torchattacks
from scripts.measuring.performance import Record

GRID = (0.0, 0.02, 0.1)


def test_all_contenders_count_the_same(test_splits: dict[Dataset, Split]) -> None:
    images, labels = (v[:120] for v in test_splits[Dataset.FASHION])
    pixels = to_pixels(images)
    found = contenders.contenders(VARIANTS["fashion-cnn"], pixels, labels, GRID)
    plain = contenders.contiguous(VARIANTS["fashion-cnn"])
    right = contenders.reference(plain, pixels, labels, GRID).argmax(dim=2) == labels
    for name in (ENGINE, LOOP):
        assert torch.equal(found[name](), right), name
    assert torch.equal(found[BARE]()[0], right[0])  # it attacks nothing
    assert found[BARE]().shape == right.shape


@pytest.mark.parametrize("library", [by_torchattacks, by_foolbox])
def test_the_libraries_count_the_same(
    library: contenders.Count, test_splits: dict[Dataset, Split]
) -> None:
    pytest.importorskip(library.__name__.removeprefix("by_"))
    images, labels = (v[:20] for v in test_splits[Dataset.SIGN])
    model, pixels = load_model("sign-cnn"), to_pixels(images)
    right = contenders.reference(model, pixels, labels, GRID).argmax(dim=2) == labels
    assert torch.equal(library(model, pixels, labels, GRID), right)


def test_multiply_adds() -> None:
    layers = 784 * 1024 + 1024 * 512 + 512 * 10
    assert contenders.multiply_adds(load_model("fashion-fcnn")) == layers
    assert contenders.product_rate(side=64, rounds=1) > 0


@pytest.fixture
def record() -> Record:
    """Rounds of which the medians are easy to tell."""
    seconds = {ENGINE: 1.0, "torchattacks": 6.0, "torchattacks, channels last": 5.0, BARE: 2.0}
    seconds |= {"foolbox": 8.0, "foolbox, channels last": 4.0, LOOP: 9.0, PRODUCTS: 0.5}
    network = {
        "seconds": {name: [2 * s, s, 0.0, s, 10 * s] for name, s in seconds.items()},
        "differing": {ENGINE: [3, 2]},
        "multiply_adds": 1,
    }
    return {
        "hardware": "abacus",
        "torch": "2",
        "pictures": 7,
        "epsilons": 31,
        "networks": dict.fromkeys(sweeping.NETWORKS, network),
        "growth": {
            "fashion-cnn": {
                "pictures": {"100": 1.0, "200": 2.0},
                "epsilons": {"1": 7e-4 * 3, "31": 7e-4 * 33},
                "threads": {"1": 2.0},
            }
        },
    }


def test_ratios_are_of_medians_and_to_the_best_of_both(record: Record) -> None:
    told = {words: measured for words, measured, _ in sweeping.ratios(record)}
    assert told["CNN: faster than the best of the two libraries as they are used"] == (
        "fashion-cnn 6.0x, sign-cnn 6.0x"
    )
    assert told["CNN: faster than the best of both, given the channels last, too"] == (
        "fashion-cnn 4.0x, sign-cnn 4.0x"
    )
    assert told["CNN: against K + 1 bare forward passes"] == "fashion-cnn 0.50x, sign-cnn 0.50x"


def test_written_where_there_is_room(record: Record, tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    places = [f"<!-- {name} -->\nold\n<!-- /{name} -->\n" for name in sweeping.tables(record)]
    page.write_text("# Before\n" + "".join(places))
    sweeping.write(record, tmp_path)
    written = page.read_text()
    assert written.startswith("# Before\n<!-- sweep -->\n7 test pictures")
    assert "| Nudge | sign-cnn | 1.000 | 0.000 to 10.000 | 1.00 | 3 (2) |" in written
    assert "| fashion-cnn | pictures | 100: 1.000, 200: 2.000 | 0% |" in written
    assert "| fashion-cnn | 200 µs | 100.0 µs | 6,300 s |" in written
    assert "old" not in written
    assert json.loads((tmp_path / "performance.json").read_text()) == {"sweep": record}
    assert (tmp_path / "performance.svg").read_text().startswith("<svg")


def test_furthest_from_a_line() -> None:
    assert sweeping.furthest({1: 3.0, 2: 5.0, 3: 7.0}, through_zero=False) == pytest.approx(0)
    assert sweeping.furthest({1: 1.0, 2: 2.0, 4: 4.0}, through_zero=True) == pytest.approx(0)
    assert sweeping.furthest({1: 1.0, 2: 3.0}, through_zero=True) == pytest.approx(3 / 13)


def test_the_line_through_times() -> None:
    assert sweeping.line({1: 3.0, 3: 7.0}) == pytest.approx((2, 1))
    assert sweeping.line({1: 2.0, 3: 6.0}, through_zero=True) == pytest.approx((2,))
