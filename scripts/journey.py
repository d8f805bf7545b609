"""Place a thousand test pictures by the last hidden layer, clean and attacked: the Journey page.

    pip install -r requirements-dev.txt    # openTSNE
    python scripts/journey.py                   # the eight standard networks
    python scripts/journey.py sign-cnn          # this one, again
    python scripts/journey.py sign-cnn --check  # compare with what is stored, write nothing

t-SNE and PCA are fitted on the clean pictures; both then place the attacked ones. A network takes
about half a minute on one core, a CNN two. `--check` places pictures in the drawing that t-SNE was
fitted to be: fitted again on another processor, it would be another one.
"""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from models import PRETRAINED, STANDARD, Variant, load_model
from models.card_files import JOURNEY_CLASSES, JOURNEY_FITS, JOURNEYS, read_array
from nudge.data import load_split
from nudge.evaluation.journey import EPSILONS, Embedding, Journey, Nudge, measure_journey
from nudge.training.publishing import amend
from scripts.shared import command_line

NEAR = 0.01  # of the drawing's width: what other processors' sums may move a dot by
MOST_MOVED = 0.02  # of all dots may lie further off


def main() -> None:
    options = command_line.parser(__doc__)
    command_line.add_variants(options)
    options.add_argument("--check", action="store_true", help="fail on any difference")
    args = options.parse_args()
    chosen = command_line.variants(options, args) if args.variants else list(STANDARD.values())
    off = False
    for variant in chosen:
        split, weights = load_split(variant.dataset, "test", args.data_dir), variant.card.sha256
        fitted = read_array(PRETRAINED / JOURNEY_FITS, variant.id) if args.check else None
        steps = len(Embedding) * len(Nudge) * len(EPSILONS)
        with tqdm(desc=variant.id, total=steps, unit="drawing") as bar:
            found = measure_journey(load_model(variant), split, bar.update, fitted)
        if args.check:
            off |= differs(variant, found)
            continue
        arrays: dict[str, NDArray[Any]] = {
            JOURNEYS: found.places,
            JOURNEY_CLASSES: found.predictions,
            JOURNEY_FITS: found.fitted,
        }
        amend(PRETRAINED, variant, {}, arrays, sha256=weights)
    if off:
        sys.exit("error: what was found is not what is stored")


def differs(variant: Variant, found: Journey) -> bool:
    """Say how far what was found is from what is stored; whether that is too far."""
    stored = read_array(PRETRAINED / JOURNEYS, variant.id).astype(int)
    classes = read_array(PRETRAINED / JOURNEY_CLASSES, variant.id)
    widths = np.ptp(stored, axis=(1, 2, 3, 4), keepdims=True)[..., 0]  # of each embedding
    apart = np.abs(found.places - stored).max(axis=-1) / widths
    moved, changed = float((apart > NEAR).mean()), int((classes != found.predictions).sum())
    tqdm.write(f"{variant.id}: {moved:.2%} of dots elsewhere, other predictions: {changed}")
    return moved > MOST_MOVED or changed > 0


if __name__ == "__main__":
    command_line.run(main)
