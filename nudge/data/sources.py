"""The two data sets as records: where their files come from, and what they hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

from models import CLASSES, Dataset

SplitName = Literal["train", "test"]
Arrays = tuple[NDArray[Any], NDArray[Any]]  # integers: pictures (N, 28, 28), labels (N,)


@dataclass(frozen=True, kw_only=True)
class Form:
    """Files that a split can be read from, all of them: one or more CSVs, or two in IDX.

    Each may lie in several places, gzipped, or in a zip: see `nudge.data.file_search`.
    """

    files: tuple[str, ...]  # of IDX, the pictures first
    # A file in pretrained/, where these hold all pictures of the data set in any order: which of
    # them, sorted, are those of a split. See `nudge.data.row_order`.
    order: str | None = None
    hint: str | None = None  # what to say where they hold other pictures


@dataclass(frozen=True, kw_only=True)
class SplitRecord:
    """What a split is read from, and what it must hold once decoded."""

    files: tuple[str, ...]  # as they are downloaded, within the data set's folder
    others: tuple[Form, ...] = ()  # what else people have of the same pictures
    total: int  # pictures
    bundle: str | None = None  # a file in pretrained/ with the same arrays, for want of the files
    sha256: str  # of the decoded arrays, see `nudge.data.array_cache.digest`

    @property
    def forms(self) -> tuple[Form, ...]:
        return (Form(files=self.files), *self.others)


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
    homepage: str
    unused_labels: Mapping[int, str] = field(default_factory=dict)  # that a CSV skips, and why

    @property
    def classes(self) -> tuple[str, ...]:
        return CLASSES[self.name]

    def find(self, data_dir: Path, file: str) -> Path:
        """Where `file` stands: in the folder, or in a folder of its own name, as some zips make."""
        folder = data_dir / self.folder
        places = (folder / file, folder / Path(file).stem / file, folder / file / file)
        return next((place for place in places if place.is_file()), places[0])


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


# Kaggle's CSVs hold the same 70,000 pictures, but divided and ordered otherwise: official training
# pictures are in its test file. An official split takes both; a CSV alone is right if somebody
# wrote it from the official files.
KAGGLE_HINT = (
    "Kaggle's fashion-mnist_train.csv and fashion-mnist_test.csv divide and order the pictures "
    "otherwise than the official files; they are read where both are there, whole"
)
KAGGLE_FASHION = Form(
    files=("fashion-mnist_train.csv", "fashion-mnist_test.csv"),
    order="fashion-order.npz",
    hint=KAGGLE_HINT,
)

FASHION = Source(
    name=Dataset.FASHION,
    title="Fashion-MNIST",
    folder="FashionMNIST/raw",
    splits={
        "train": SplitRecord(
            files=("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
            others=(Form(files=("fashion-mnist_train.csv",), hint=KAGGLE_HINT), KAGGLE_FASHION),
            total=60_000,
            sha256="16d82e2b505296aa2b78bd5ea0992634f30419a4c97def7c907d154a35ac6157",
        ),
        "test": SplitRecord(
            files=("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
            others=(Form(files=("fashion-mnist_test.csv",), hint=KAGGLE_HINT), KAGGLE_FASHION),
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
    homepage="https://www.kaggle.com/datasets/datamunge/sign-language-mnist",
    # Kaggle counts letters of the alphabet; a class is a position among the 24 that stand still.
    unused_labels={9: "J"},
)

SOURCES: Mapping[Dataset, Source] = {source.name: source for source in (FASHION, SIGN)}
