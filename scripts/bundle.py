"""Make what of Fashion-MNIST comes with the checkout, in pretrained/.

fashion-test.npz has the official test pictures, fashion-order.npz which of the pictures of Kaggle's
two CSVs are those of which official split, and in which order. The pictures are MIT licensed
(pretrained/FASHION-MNIST-LICENSE). No row of Sign-Language-MNIST may be bundled, because its
licence could not be verified.

python scripts/bundle.py
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import numpy as np

from models import PRETRAINED
from nudge.data import load_split
from nudge.data.row_order import order
from nudge.data.sources import FASHION, KAGGLE_FASHION
from nudge.files import replacing
from scripts.shared import command_line


def main() -> None:
    args = command_line.parser(__doc__).parse_args()
    train, test = (load_split(FASHION.name, s, args.data_dir) for s in ("train", "test"))
    bundle = FASHION.splits["test"].bundle
    assert bundle is not None
    assert KAGGLE_FASHION.order is not None
    with replacing(PRETRAINED / bundle) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, images=test.images.numpy(), labels=test.labels.numpy())
    print(f"{len(test.labels):,} pictures in {PRETRAINED / bundle}")
    places = order([(split.images.numpy(), split.labels.numpy()) for split in (train, test)])
    path = PRETRAINED / KAGGLE_FASHION.order
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, train=places[0], test=places[1])
    print(f"The places of {sum(map(len, places)):,} pictures in {path}")


if __name__ == "__main__":
    command_line.run(main)
