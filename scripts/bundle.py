"""Make pretrained/fashion-test.npz, the official test pictures that come with the checkout.

They are MIT licensed (pretrained/FASHION-MNIST-LICENSE). No row of Sign-Language-MNIST may be
bundled, because its licence could not be verified.

python scripts/bundle.py
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs from anywhere

import numpy as np

from models import PRETRAINED
from nudge.data import load_split
from nudge.files import replacing
from nudge.sources import FASHION
from scripts import console


def main() -> None:
    args = console.parser(__doc__).parse_args()
    images, labels = load_split(FASHION.name, "test", args.data_dir)
    bundle = FASHION.splits["test"].bundle
    assert bundle is not None
    with replacing(PRETRAINED / bundle) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, images=images.numpy(), labels=labels.numpy())
    print(f"{len(labels):,} pictures in {PRETRAINED / bundle}")


if __name__ == "__main__":
    console.run(main)
