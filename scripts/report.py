"""Write RESULTS.md, its pictures and the README's table from what is in pretrained/.

python scripts/report.py
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import numpy as np
from tqdm import tqdm

from models import PRETRAINED, STANDARD, VARIANTS, Regime, Variant
from models.card_files import CONFUSIONS, PGD_FLIP_STEPS, read_array, read_arrays
from models.cards import Withstood
from models.errors import CHECKOUT
from nudge.data.sources import SOURCES
from nudge.evaluation.class_similarity import FASHION_KINDS, NEAREST_HANDS, NearFlips
from nudge.evaluation.measurement import SSIM_PICTURES
from nudge.evaluation.robustness import AUTO_ATTACK, DEFENDED_AT, RECORDED, STRONGEST
from nudge.files import replacing
from nudge.findings.assignment_claims import RULES, Figures, claims, read_flips
from nudge.findings.defences import defence, left_by_pgd
from nudge.findings.training_history import repetitions, spread
from scripts import ideas
from scripts.shared import command_line
from scripts.shared.markdown import fill, table
from scripts.shared.report_figures import figures
from views import text

REPRODUCED = """## Trained again

All eight were trained and measured again on 24 November 2026, two at a time with one thread each,
on an otherwise idle two-core AMD EPYC without a graphics card. With seed 0 this took 28 minutes in
all, and every weight file was equal, bit for bit, to the committed one (`pretrained/index.json` has
the hashes):

```sh
python -c "from models import STANDARD; print(*STANDARD, sep='\\n')" |
  xargs -P 2 -I{} python scripts/train.py {} --device cpu --threads 1 --seed 0 --output-dir again
```"""
EPSILONS = (0.02, 0.04, 0.1)  # of the table of variants
STEPS = (0.0, 0.01, 0.02, 0.04, 0.08, 0.1, 0.2, 0.3)  # of the tables along epsilon


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--output-dir", type=Path, default=CHECKOUT, help="of RESULTS.md")
    write(options.parse_args().output_dir)


def write(folder: Path) -> None:
    """Write RESULTS.md and docs/results/ into `folder`, and the README's table if it has one."""
    flips, confusions = read_flips(), read_arrays(PRETRAINED / CONFUSIONS)
    for name, chart in tqdm(figures(confusions, flips).items(), unit="picture"):
        with replacing(folder / "docs" / "results" / f"{name}.svg") as temporary:
            chart.save(temporary, format="svg")
    with replacing(folder / "RESULTS.md") as temporary:
        temporary.write_text(results(flips, confusions), encoding="utf-8")
    readme = folder / "README.md"
    if readme.exists():
        content = fill(readme.read_text(encoding="utf-8"), "variants", variants())
        with replacing(readme) as temporary:
            temporary.write_text(content, encoding="utf-8")


def variants() -> str:
    """The eight in brief: top-1 accuracy in percent of the full test set, clean and nudged."""
    heads = ["variant", "parameters", "clean"]
    heads += [f"FGSM {e}" for e in EPSILONS] + [f"random {EPSILONS[-1]}"]
    rows = []
    for variant in STANDARD.values():
        card = variant.card
        at = [card.epsilons.index(e) for e in EPSILONS]
        counts = [card.fgsm[0], *(card.fgsm[i] for i in at), card.random[at[-1]]]
        percent = [f"{100 * count / card.total:.2f}" for count in counts]
        rows.append([variant.id, f"{card.parameters:,}", *percent])
    return table(heads, rows)


def evidence() -> str:
    """How long the eight took, on what, and how they came out over all seeds."""
    cards = [variant.card for variant in STANDARD.values()]
    runs = repetitions()
    minutes = sum(card.seconds for card in cards) / 60
    hardware = "; ".join(sorted({card.hardware for card in cards}))
    seeds = sorted({run.seed for rows in runs.values() for run in rows})
    committed = ", ".join(map(str, sorted({card.seed for card in cards})))
    summary = (
        f"The committed weights are those of seed {committed}. Their trainings took "
        f"{minutes:.0f} minutes in all ({hardware})."
    )
    rows = []
    for variant in STANDARD.values():
        percent = {run.seed: 100 * run.correct / run.total for run in runs[variant.id]}
        found = spread(runs[variant.id])
        cells = [f"{percent[seed]:.2f}" if seed in percent else "" for seed in seeds]
        rows.append([variant.id, *cells, f"{found[0]:.2f} ± {found[1]:.2f}" if found else "-"])
    heads = ["variant", *(f"seed {seed}" for seed in seeds), "mean ± standard deviation"]
    return f"{table(heads, rows)}\n\n{summary}"


def results(flips: Mapping[str, NearFlips], confusions: Mapping[str, np.ndarray]) -> str:
    """RESULTS.md."""
    sections = [
        _introduction(),
        _assignment(flips),
        _clean(),
        _learning(),
        _curves(),
        _classes(),
        _near(flips),
        _trade_off(),
        _defences(),
        _ideas(),
        REPRODUCED,
    ]
    return "\n\n".join(sections) + "\n"


def _introduction() -> str:
    totals = {variant.dataset: variant.card.total for variant in STANDARD.values()}
    tested = " and ".join(f"{n:,} pictures of {SOURCES[d].title}" for d, n in totals.items())
    return f"""# Results

What the eight trained variants do, measured on the full official test sets: {tested}.
Every figure comes from `pretrained/`, but those of training ideas from `docs/ideas.json`, and
`python scripts/report.py` writes this page. `scripts/evaluate.py --check` measures them again; what
withstands PGD, and moved pictures, with `--robustness`; `scripts/benchmark.py autoattack` has
AutoAttack do so, and `scripts/ideas.py` trains what the ideas give.

{variants()}

Top-1 accuracy in percent. FGSM moves every pixel by epsilon (pixels range from 0 to 1) up the
gradient of the loss; the random nudge moves it as far, up or down at random."""


def _assignment(flips: Mapping[str, NearFlips]) -> str:
    rows = [
        [
            claim.subject,
            claim.reported,
            claim.measured,
            f"**{claim.verdict}**",
            claim.why,
            claim.again,
        ]
        for claim in claims(Figures(), flips)
    ]
    heads = ["network", "reported", "measured", "verdict", "because"]
    return f"""## The assignment's findings, checked

{table([*heads, "and in twenty steps?"], rows, left=6)}

{RULES}"""


def _clean() -> str:
    rows = []
    for variant in STANDARD.values():
        card = variant.card
        low, high = (100 * bound for bound in card.interval)
        count = f"{card.fgsm[0]:,} of {card.total:,}"
        rows.append([variant.id, f"{100 * card.accuracy:.2f} %", f"{low:.2f} to {high:.2f}", count])
    shown = table(["variant", "clean accuracy", "95 % interval", "right"], rows)
    return f"""## Clean accuracy

{shown}

Intervals are Wilson's, over the test pictures. Over the seed of the training:

{evidence()}"""


def _learning() -> str:
    return """## Learning curves

![Top-1 accuracy by epoch for each of the eight variants](docs/results/learning-curves.svg)

Training accuracy is that of the network in training, with dropout, blended pictures or noise; test
accuracy that of the averaged weights without any of it. The last epoch is the one that counts; none
was chosen."""


def _curves() -> str:
    heads = ["variant", *(f"{e:g}" for e in STEPS)]
    tables = []
    for kind in ("fgsm", "random"):
        rows = [
            [v.id, *(_percent(getattr(v.card, kind)[_at(v, e)], v.card.total) for e in STEPS)]
            for v in STANDARD.values()
        ]
        tables.append(table(heads, rows))
    return f"""## Accuracy along epsilon

![Accuracy along epsilon, under FGSM and under a random nudge](docs/results/accuracy.svg)

Under FGSM, in percent:

{tables[0]}

Under a random nudge of the same size:

{tables[1]}"""


def _classes() -> str:
    return """## By class

![Accuracy by class of Fashion-MNIST](docs/results/classes-fashion.svg)

![Accuracy by letter of Sign-Language-MNIST](docs/results/classes-sign.svg)"""


def _near(flips: Mapping[str, NearFlips]) -> str:
    steps = [e for e in STEPS if e]
    rows = []
    for variant in STANDARD.values():
        found, cells = flips[variant.id], []
        for epsilon in steps:
            i = _at(variant, epsilon)
            share = "-"
            if found.flipped[i]:
                share = f"{100 * found.fraction[i]:.0f} ({100 * found.chance[i]:.0f})"
            cells.append(share)
        rows.append([variant.id, *cells])
    kinds = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in FASHION_KINDS.items())
    return f"""## Is the wrong label close in meaning?

Of the pictures that were right and that FGSM flips, the share in percent taken for a class near to
the right one, and in brackets the share if every wrong class were as likely:

{table(["variant", *(f"{e:g}" for e in steps)], rows)}

![Share of flips that stay near, along epsilon](docs/results/near-flips.svg)

Near are clothes of a kind ({kinds}). A hand is near to the {len(NEAREST_HANDS["A"])} others whose
mean training picture differs least from its own in pixels."""


def _trade_off() -> str:
    figures_of = Figures()
    rows = []
    for variant in STANDARD.values():
        card = variant.card
        best = figures_of.best_trade_off(variant.id)
        cells = [f"{card.ssim[_at(variant, e)]:.2f}" for e in STEPS]
        rows.append([variant.id, *cells, f"{best:g}"])
    return f"""## Readable against fooled

Mean structural similarity (SSIM) of the attacked with the original picture, over the first
{SSIM_PICTURES:,} test pictures, along epsilon; last, the epsilon at which SSIM times the share of
accuracy lost is largest:

{table(["variant", *(f"{e:g}" for e in STEPS), "best trade-off"], rows)}

![Accuracy against structural similarity](docs/results/trade-off.svg)"""


def _defences() -> str:
    """Every training beside the eight, by the strongest attack that was measured."""
    rows = []
    for variant in VARIANTS.values():
        card, epsilon = variant.card, DEFENDED_AT[variant.dataset]
        at = _at(variant, epsilon)
        pgd = "-" if card.pgd is None else _percent(card.pgd[at], card.total)
        moved = "-" if card.moved is None else _percent(card.moved, card.total)
        attacks = {w.attack: _withstood(variant, w) for w in card.withstood}
        strongest = [attacks.get(name, "-") for name in (STRONGEST.name, AUTO_ATTACK)]
        counts = [_percent(count, card.total) for count in (card.fgsm[0], card.fgsm[at])]
        rows.append([variant.id, *counts, pgd, *strongest, moved])
    heads = ["variant", "clean", "FGSM", RECORDED.name, STRONGEST.name, AUTO_ATTACK, "moved"]
    radii = " and ".join(f"{e:g} for {SOURCES[d].title}" for d, e in DEFENDED_AT.items())
    return f"""## Beyond one step, and defences

Top-1 accuracy in percent of the full test sets. Attacks move no pixel by more than {radii}.
`augmented` was trained on moved pictures, `robust` on attacked ones (arXiv:1706.06083), and
`masked` so that one step of FGSM of about this size hardly finds a way, although smaller steps and
many steps do: it is no defence.{_also()}

{AUTO_ATTACK} attacked the first 1,000 test pictures, of robust and masked networks; in brackets
what twenty steps of PGD leave of the same. The last column counts pictures that were shifted by up
to 4 pixels, rotated by up to 15 degrees and scaled by 0.8 to 1.2.

{table(heads, rows)}

{_over_seeds()}{_trained_on()}"""


def _withstood(variant: Variant, found: Withstood) -> str:
    """In percent; on fewer pictures, beside what twenty steps leave of these."""
    share = _percent(found.correct, found.total)
    if found.total == variant.card.total:
        return share
    flips = read_array(PRETRAINED / PGD_FLIP_STEPS, variant.id)
    left = left_by_pgd(flips, found, variant.card)
    return f"{share} ({_percent(left, found.total)})"


def _also() -> str:
    """What else the robust trainings did to their pictures."""
    ways: dict[str, list[str]] = {}
    for variant in VARIANTS.values():
        found = defence(variant) if variant.regime is Regime.ROBUST else None
        if found and found.moves:
            moved = " and ".join(text.defences.MOVED_BY[name] for name in found.moves)
            ways.setdefault(moved, []).append(variant.id)
    said = "; ".join(f"{way} for {text.common.listing(n)}" for way, n in ways.items())
    return f" Some robust trainings moved pictures as well: {said}." if said else ""


def _over_seeds() -> str:
    """The clean accuracy of those beside the eight that were trained with several seeds."""
    said = []
    for name, runs in repetitions().items():
        found = spread(runs)
        if name not in STANDARD and found:
            each = ", ".join(
                f"{100 * run.correct / run.total:.2f} (seed {run.seed})" for run in runs
            )
            said.append(
                f"Clean accuracy of {name} in percent: {each}; {found[0]:.2f} ± {found[1]:.2f}."
            )
    return "".join(f"{sentence}\n\n" for sentence in said)


def _trained_on() -> str:
    """What the trainings beside the eight took, by the hardware that they ran on."""
    took: dict[str, list[float]] = {}
    for name, variant in VARIANTS.items():
        if name not in STANDARD:
            took.setdefault(variant.card.hardware, []).append(variant.card.seconds / 60)
    parts = [f"{len(m)} on {on} ({sum(m):.0f} minutes)" for on, m in sorted(took.items())]
    return f"The trainings beside the eight ran side by side with others: {'; '.join(parts)}."


def _ideas() -> str:
    return f"""## What each training idea gives

Each idea changes one hyperparameter of the recipe, in trainings that are shorter than the recipe's
(`scripts/ideas.py`). Accuracy is measured on pictures held out of the training sets: Fashion's last
10,000, and a fifth of Sign's photographs with all their near-copies, so few that differences below
two points may be luck. The scrambled CNNs train for four epochs here, so whatever keeps a long
training from overfitting, such as dropout and mixup, can only cost accuracy.

{ideas.table()}"""


def _at(variant: Variant, epsilon: float) -> int:
    return variant.card.epsilons.index(epsilon)


def _percent(count: int, total: int) -> str:
    return f"{count / total:.1%}".removesuffix("%")  # rounds as the pages do


if __name__ == "__main__":
    command_line.run(main)
