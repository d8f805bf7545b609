"""The page against RESULTS.md and the cards as they stand in their files."""

import json
import re
from pathlib import Path
from typing import Any

import pyarrow
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from models import PRETRAINED, VARIANTS, Dataset, zoo
from models.card_files import CONFUSIONS
from nudge.findings import assignment_claims
from tests.conftest import CHECKOUT
from tests.views.reading import open_at
from views import text

INDEX: dict[str, Any] = json.loads((PRETRAINED / "index.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _fresh_server() -> None:
    st.cache_resource.clear()


def open_page(dataset: Dataset = Dataset.FASHION) -> AppTest:
    return open_at("assignment", dataset=dataset)


def table(page: AppTest) -> list[tuple[str, ...]]:
    """Subject and cells of every row of the tables."""
    (body,) = [
        h.proto.body for h in page.get("html") if '<table class="nudge-claims"' in h.proto.body
    ]
    found = []
    for part in body.split("<table")[1:]:
        (subject,) = re.findall(r"<caption>(.*?)</caption>", part)
        for row in part.split("<tr")[2:]:
            found.append((subject, *re.findall(r"<td[^>]*>(.*?)</td>", row)))
    return found


def test_every_finding_stands_there_as_in_the_report() -> None:
    lines = (CHECKOUT / "RESULTS.md").read_text(encoding="utf-8").splitlines()
    start = (
        lines.index("| network | reported | measured | verdict | because | and in twenty steps? |")
        + 2
    )
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append(tuple(cell.strip().strip("*") for cell in line.strip("|").split("|")))
    page = open_page()
    assert sorted(table(page)) == sorted(rows)
    assert len(rows) == 19
    verdicts = [row[3] for row in rows]
    said = next(m.value for m in page.markdown if "findings" in m.value)
    assert f"**{verdicts.count('holds')} hold**" in said
    assert f"**{verdicts.count('holds in part')} hold in part**" in said
    assert f"**{verdicts.count('does not hold')} do" in said


@pytest.mark.parametrize("dataset", Dataset)
def test_learning_curves(dataset: Dataset) -> None:
    charts = open_page(dataset).get("vega_lite_chart")
    assert len(charts) == 2
    for chart, architecture in zip(charts, ("fcnn", "cnn"), strict=True):
        (data,) = chart.proto.datasets
        rows = pyarrow.ipc.open_stream(data.data.data).read_all().to_pylist()
        for pixels, suffix in (("Ordered", ""), ("Scrambled", "-scrambled")):
            recorded = INDEX[f"{dataset}-{architecture}{suffix}"]["learning_curve"]
            for on, field in (
                (text.assignment.ON_TEST, "test_accuracy"),
                (text.assignment.ON_TRAINING, "train_accuracy"),
            ):
                shown = [r["accuracy"] for r in rows if (r["pixels"], r["on"]) == (pixels, on)]
                assert shown == [point[field] for point in recorded]


@pytest.mark.parametrize("dataset", Dataset)
def test_cards(dataset: Dataset) -> None:
    expanders = open_page(dataset).expander
    trained = [name for name in VARIANTS if name.startswith(dataset)]
    assert len(expanders) == len(trained) >= 4
    for expander, name in zip(expanders, trained, strict=True):
        card = INDEX[name]
        said = " ".join(m.value for m in expander.markdown)
        assert f"{100 * card['fgsm'][0] / card['total']:.2f}%" in expander.label
        assert f"{card['fgsm'][0]:,} of {card['total']:,} official test pictures" in said
        assert f"{card['parameters']:,} parameters" in said
        assert f"Seed {card['seed']}, trained in {card['seconds'] / 60:.1f} minutes" in said
        for key, value in card["recipe"].items():
            assert f": {value:g}" in said if not isinstance(value, str) else value in said
            assert text.assignment.HYPERPARAMETERS[key] in said
        hashes, command = (code.value for code in expander.code)
        assert command == card["command"]
        for sha256 in (card["sha256"], *card["data_sha256"].values()):
            assert sha256 in hashes
        assert (card["permutation_sha256"] or "permutation") in hashes or (
            card["permutation_sha256"] is None
        )


def test_interval_and_seeds() -> None:
    expander = open_page().expander[0]
    # As scipy's binomtest(9141, 10000).proportion_ci(method="wilson") gives it for the card.
    from scipy.stats import binomtest

    card = INDEX["fashion-fcnn"]
    interval = binomtest(card["fgsm"][0], card["total"]).proportion_ci(method="wilson")
    assert f"{interval.low:.2%} to {interval.high:.2%}" in expander.label
    runs = json.loads((PRETRAINED / "seeds.json").read_text(encoding="utf-8"))["fashion-fcnn"]
    average = sum(100 * run["correct"] / run["total"] for run in runs) / len(runs)
    said = " ".join(m.value for m in expander.markdown)
    assert f"Over {len(runs)} training seeds the mean clean accuracy is {average:.2f} %" in said


def test_without_confusions_the_rest_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assignment_claims, "PRETRAINED", tmp_path)
    page = open_page()
    assert len(page.warning) == 1
    assert len(page.expander) == len([n for n in VARIANTS if n.startswith("fashion")])
    assert len(page.get("vega_lite_chart")) == 2
    assert not (tmp_path / CONFUSIONS).exists()


def test_without_cards_every_part_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "PRETRAINED", tmp_path)
    page = open_page()
    assert all("The model cards are missing" in warning.value for warning in page.warning)
    assert page.warning
