"""What the tests share: real data where it is there, tiny data and models where it need not be."""

import os
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest
import torch
from hypothesis import HealthCheck, settings
from torch import nn

from models import CLASSES, Dataset
from nudge.data import Split, display_set, find_data_dir, load_split
from nudge.data.generated_hands import load_generated_hands
from nudge.data.sources import SOURCES
from nudge.serving import scheduler
from tests import standin

CHECKOUT = Path(__file__).resolve().parent.parent

# Left out by `pytest -m "not slow"`: servers, browsers, trainings, whole data sets.
SLOW = (
    *("browser", "deploy", "scripts", "views/pages", "views/test_broken.py"),
    *("views/parts/test_data_notice.py", "test_install.py", "test_pretrained.py"),
    *("nudge/data/test_forms.py", "nudge/data/test_archives.py"),
    *("nudge/evaluation", "nudge/training", "nudge/pictures", "nudge/serving"),
    *("nudge/findings/test_assignment_claims.py", "nudge/test_arguments.py"),
)


def _is_slow(path: Path) -> bool:
    return path.relative_to(CHECKOUT / "tests").as_posix().startswith(SLOW)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What `-m "not slow"` leaves out need not even be imported, which takes seconds."""
    return True if config.option.markexpr == "not slow" and _is_slow(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _is_slow(item.path):
            item.add_marker("slow")


# Two workers on two cores: a second thread would only wait for the other worker's.
torch.set_num_threads(1)

# PyTorch counts its devices at the first gradient in a process, and knows no later ones.
standin.device()

# A test that waits for a count is not to wait for all other tests: what counts has the lowest
# priority, in servers that tests start, too, and beside others at the usual one it would starve.
scheduler.PRIORITY = 0
with suppress(AttributeError, OSError):
    os.setpriority(os.PRIO_PROCESS, 0, 15)

# The machine may be busy training; how long an example takes is no property of the code.
settings.register_profile("nudge", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("nudge")


def unavailable(reason: str) -> NoReturn:
    """Skip, with the reason; under CI nothing may be missing, so there it is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"under CI nothing is skipped: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of the real data."""
    folder = find_data_dir().resolve()
    for source in SOURCES.values():
        for split in source.splits.values():
            for file in split.files:
                if not source.find(folder, file).is_file():
                    unavailable(f"no {file} in {folder}: python scripts/download.py {source.name}")
    return folder


@pytest.fixture(scope="session")
def test_splits(data_dir: Path) -> dict[Dataset, Split]:
    return {dataset: load_split(dataset, "test", data_dir) for dataset in Dataset}


@pytest.fixture
def no_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither Sign's test pictures are here nor what stands in for them."""
    monkeypatch.setenv("NUDGE_DATA", str(tmp_path))
    monkeypatch.setattr(
        display_set, "load_generated_hands", partial(load_generated_hands, tmp_path)
    )


@pytest.fixture
def linear_model() -> nn.Module:
    """A linear classifier of 10 classes, on which FGSM has a closed form."""
    torch.manual_seed(7)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).eval().requires_grad_(False)


@pytest.fixture
def small_network() -> nn.Module:
    """A small smooth network, so that a gradient differs from picture to picture."""
    torch.manual_seed(3)
    layers = (nn.Flatten(), nn.Linear(784, 32), nn.Tanh(), nn.Linear(32, 10))
    return nn.Sequential(*layers).eval().requires_grad_(False)


def tiny_split(count: int, dataset: Dataset = Dataset.FASHION, seed: int = 0) -> Split:
    """Pictures that can be learnt: noise, with a bright bar whose place tells the class."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, len(CLASSES[dataset]), (count,), generator=generator)
    images = torch.randint(0, 120, (count, 28, 28), generator=generator, dtype=torch.uint8)
    images[torch.arange(count), labels] = 255
    return Split(images, labels)


@pytest.fixture(autouse=True)
def _same_threads() -> Iterator[None]:
    """Whatever a test or a page does to the number of threads, the next test starts afresh."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
