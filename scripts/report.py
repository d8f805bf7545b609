"""Print the table of the eight variants, as the README shows it, from their cards.

python scripts/report.py
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

from models import VARIANTS, Variant
from scripts import console

EPSILONS = (0.02, 0.04, 0.1)  # of the columns


def table() -> str:
    """Markdown: top-1 accuracy in percent of the full test set, clean and nudged."""
    heads = ["variant", "parameters", "clean"]
    heads += [f"FGSM {e}" for e in EPSILONS] + [f"random {EPSILONS[-1]}"]
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *map(_row, VARIANTS.values())]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _row(variant: Variant) -> list[str]:
    card = variant.card

    def percent(counts: tuple[int, ...], epsilon: float) -> str:
        return f"{100 * counts[card.epsilons.index(epsilon)] / card.total:.2f}"

    figures = [percent(tuple(card.fgsm), epsilon) for epsilon in (0.0, *EPSILONS)]
    figures.append(percent(tuple(card.random), EPSILONS[-1]))
    return [variant.id, f"{card.parameters:,}", *figures]


def main() -> None:
    console.parser(__doc__).parse_args()
    print(table())


if __name__ == "__main__":
    console.run(main)
