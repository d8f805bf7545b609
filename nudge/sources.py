"""The two data sets as records: where their files come from, how to read them, what they hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models import CLASSES, SIDE, Dataset

SplitName = Literal["train", "test"]
Arrays = tuple[NDArray[Any], NDArray[Any]]  # integers: pictures (N, 28, 28), labels (N,)


@dataclass(frozen=True, kw_only=True)
class SplitRecord:
    """What a split is read from, and what it must hold once decoded."""

    files: tuple[str, ...]  # within the data set's folder
    total: int  # pictures
    bundle: str | None = None  # a file in pretrained/ with the same arrays, for want of the files
    sha256: str  # of the decoded arrays, see `nudge.data.digest`


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A file to fetch, and the files that come out of it."""

    urls: tuple[str, ...]  # mirrors, tried in order
    checksum: str | None  # "algorithm:hex" of the archive; None where only its members are known
    members: Mapping[str, frozenset[str]]  # name -> each SHA-256 that is right


@dataclass(frozen=True, kw_only=True)
class Source:
    """One data set. Another one takes one more of these and no new code path."""

    name: Dataset
    title: str
    folder: str  # within the data folder
    splits: Mapping[SplitName, SplitRecord]
    archives: tuple[Archive, ...]
    read: Callable[[Path, SplitName], Arrays]  # of the data folder; see the two readers below
    homepage: str

    @property
    def classes(self) -> tuple[str, ...]:
        return CLASSES[self.name]

    def find(self, data_dir: Path, file: str) -> Path:
        """Where `file` stands: in the folder, or in a folder of its own name, as some zips make."""
        folder = data_dir / self.folder
        places = (folder / file, folder / Path(file).stem / file, folder / file / file)
        return next((place for place in places if place.is_file()), places[0])


def _read_fashion(data_dir: Path, split: SplitName) -> Arrays:
    # Imported here because it takes seconds, and a page that finds the cache never needs it.
    from torchvision.datasets.mnist import read_image_file, read_label_file

    # The readers of torchvision's FashionMNIST on the files of its layout. The class itself wants
    # the files of both splits to be there before it reads one.
    images, labels = (FASHION.find(data_dir, name) for name in FASHION.splits[split].files)
    return read_image_file(images).numpy(), read_label_file(labels).numpy()


def _read_sign(data_dir: Path, split: SplitName) -> Arrays:
    (name,) = SIGN.splits[split].files
    path = SIGN.find(data_dir, name)
    columns = 1 + SIDE * SIDE
    with path.open(encoding="ascii") as lines:
        header = lines.readline().rstrip("\n").split(",")
        if header != ["label", *(f"pixel{i}" for i in range(1, columns))]:
            raise ValueError(f"its header is not label, pixel1 ... pixel{columns - 1}")
        if not (first := lines.readline()):
            raise ValueError("it ends after its header")
        rows = np.loadtxt(
            chain([first], lines), delimiter=",", dtype=np.int16, ndmin=2, comments=None
        )
    letters = rows[:, 0].astype(np.int64)
    if (unknown := np.isin(letters, (9, 25)) | (letters < 0) | (letters > 25)).any():
        row = int(unknown.argmax())
        raise ValueError(
            f"data row {row + 1} has label {letters[row]}, expected 0 ... 24 without 9 (J)"
        )
    # Kaggle counts letters of the alphabet; a class is a position among the 24 that stand still.
    return rows[:, 1:].reshape(-1, SIDE, SIDE), letters - (letters > 9)


def _fashion_archive(name: str, md5: str, sha256: str) -> Archive:
    mirrors = (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    )
    return Archive(
        urls=tuple(f"{mirror}{name}.gz" for mirror in mirrors),
        checksum=f"md5:{md5}",
        members={name: frozenset({sha256})},
    )


FASHION = Source(
    name=Dataset.FASHION,
    title="Fashion-MNIST",
    folder="FashionMNIST/raw",
    splits={
        "train": SplitRecord(
            files=("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
            total=60_000,
            sha256="16d82e2b505296aa2b78bd5ea0992634f30419a4c97def7c907d154a35ac6157",
        ),
        "test": SplitRecord(
            files=("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
            total=10_000,
            bundle="fashion-test.npz",
            sha256="9f1ec356a747bfe4ebab3cfb722d3694c9ca737e2570f6f90cf31d7b6fd689d4",
        ),
    },
    archives=(
        _fashion_archive(
            "train-images-idx3-ubyte",
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        ),
        _fashion_archive(
            "train-labels-idx1-ubyte",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        _fashion_archive(
            "t10k-images-idx3-ubyte",
            "bef4ecab320f06d8554ea6380940ec79",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        ),
        _fashion_archive(
            "t10k-labels-idx1-ubyte",
            "bb300cfdad3c16e7a12a480ee83cd310",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ),
    read=_read_fashion,
    homepage="https://github.com/zalandoresearch/fashion-mnist",
)

SIGN = Source(
    name=Dataset.SIGN,
    title="Sign-Language-MNIST",
    folder="sign-language-mnist",
    splits={
        "train": SplitRecord(
            files=("sign_mnist_train.csv",),
            total=27_455,
            sha256="fba324bf74cb3e6367cc154e51747703cb13d1c5d5df0a34810efa8e7e3cc654",
        ),
        "test": SplitRecord(
            files=("sign_mnist_test.csv",),
            total=7_172,
            sha256="0718d8a4ce8ea46695975b9a4dd8dae0abe716316298e6c86cf8fd683afe28b9",
        ),
    },
    archives=(
        Archive(
            urls=(
                "https://www.kaggle.com/api/v1/datasets/download/datamunge/sign-language-mnist"
                "?datasetVersionNumber=1",
            ),
            checksum=None,  # Kaggle builds the zip on request
            members={  # with CRLF line ends, as Kaggle ships them, and with LF
                "sign_mnist_train.csv": frozenset(
                    {
                        "4c2897f19fab2b0ae2a7e4fa82e969043315d9f3a1a9cc0948b576bf1189a7e5",
                        "b7ff39ad5f1210fa765ce11aa5f20c2e97fe467ffc22231aac923c863eef75c4",
                    }
                ),
                "sign_mnist_test.csv": frozenset(
                    {
                        "0e9d67bae23e67f40728e0b63bf15ad4bd5175947b8a9fac5dd9f17ce133c47b",
                        "178c0dd21c4b0e86d58df12f14ea1e9efa795ad19d146802b3b28094a16d56ae",
                    }
                ),
            },
        ),
    ),
    read=_read_sign,
    homepage="https://www.kaggle.com/datasets/datamunge/sign-language-mnist",
)

SOURCES: Mapping[Dataset, Source] = {source.name: source for source in (FASHION, SIGN)}
