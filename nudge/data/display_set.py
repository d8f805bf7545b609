"""What a page shows as test pictures: the official ones, or what stands in for them.

`nudge.data.load_split` never replaces anything: measuring code calls it. A page calls
`load_display_set`, which says which pictures these are.
"""

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from models import Dataset
from models.zoo import find_dataset
from nudge.data.file_search import Found, survey_split
from nudge.data.generated_hands import load_generated_hands
from nudge.data.sources import SOURCES
from nudge.data.splits import DataError, Split, find_data_dir, load_bundled, load_split

Fingerprint = tuple[tuple[int, int] | None, ...]  # size and time of change of each file


@dataclass(frozen=True)
class DisplaySet:
    """Pictures to show, and whose they are."""

    dataset: Dataset
    split: Split
    generated: bool  # drawn by a network of ours: no picture of the test set
    why: DataError | None  # why the official files are not used; None where they are

    @property
    def total(self) -> int:
        return len(self.split.labels)


def load_display_set(dataset: Dataset, data_dir: str | Path | None = None) -> DisplaySet:
    """The official test pictures; where these cannot be had, the generated ones.

    >>> shown = load_display_set(Dataset.SIGN)
    >>> shown.total, shown.generated  # with an empty data folder
    (1200, True)

    Raises:
        ValueError: there is no such data set.
        DataError: neither can be had.
    """
    dataset = find_dataset(dataset)
    try:
        return DisplaySet(dataset, load_split(dataset, "test", data_dir), generated=False, why=None)
    except DataError as error:
        why = error
    if (bundled := load_bundled(dataset)) is not None:
        return DisplaySet(dataset, bundled, generated=False, why=why)
    if dataset is Dataset.SIGN:
        return DisplaySet(dataset, load_generated_hands(), generated=True, why=why)
    raise why


def files_fingerprint(dataset: Dataset, data_dir: str | Path | None = None) -> Fingerprint:
    """Tells one state of the files that the pictures may come from from another.

    At the cost of a look into their folders. Of each official file, None where it is missing; then
    of each other one that was found.
    """
    source, folder = SOURCES[dataset], find_data_dir(data_dir)
    record = source.splits["test"]
    official = [source.find(folder, name) for name in record.files]
    found = chain.from_iterable(survey_split(source, record, folder).found.values())
    others = [copy.path for copy in found if copy.path not in official]
    return tuple(map(_stamp, (*official, *dict.fromkeys(others))))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        return Found(path).stamp
    except OSError:
        return None
