"""Fetching the data sets in the background: one download at a time per server."""

import threading
from dataclasses import dataclass
from pathlib import Path

from models import Dataset, NudgeError
from nudge.data import DataError, load_split
from nudge.data.download import download
from nudge.data.sources import SOURCES


@dataclass(frozen=True)
class State:
    """How far the last download is."""

    dataset: Dataset
    running: bool
    received: int = 0  # bytes of the file that is being fetched
    total: int = 0  # its bytes; 0 where its server did not say
    failure: NudgeError | None = None


class Fetcher:
    """Downloads in the background, and tells everybody how far it is.

    >>> fetcher = Fetcher()
    >>> fetcher.start(Dataset.SIGN, find_data_dir())
    >>> while (state := fetcher.poll()).running:
    ...     print(state.received, state.total)
    ...     time.sleep(1)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the state
        self._state: State | None = None
        self._bar = _Bar()

    def start(self, dataset: Dataset, data_dir: Path) -> bool:
        """Begin, unless a download runs already; whether it was begun."""
        with self._lock:
            if self._state is not None and self._state.running:
                return False
            self._state, self._bar = State(dataset, running=True), _Bar()
        # A daemon: the server may end at any moment, and no reader ever meets half a file.
        threading.Thread(target=self._work, args=(dataset, data_dir), daemon=True).start()
        return True

    def poll(self) -> State | None:
        """How far the last download is; None if there was none yet."""
        with self._lock:
            state, bar = self._state, self._bar
        if state is None or not state.running:
            return state
        return State(state.dataset, running=True, received=bar.received, total=bar.total)

    def _work(self, dataset: Dataset, data_dir: Path) -> None:
        failure: NudgeError | None = None
        try:
            download(SOURCES[dataset], data_dir, report=lambda line: None, progress_bar=self._bar)
            load_split(dataset, "test", data_dir)  # decoded now, so that no page waits for it
        except NudgeError as error:
            failure = error
        except OSError as error:  # a full disk, a read-only folder
            failure = DataError(
                "The data folder cannot be written",
                where=error.filename or data_dir,
                expected="a folder that this server may write, with room for it",
                found=error.strerror or str(error),
            )
        except Exception as error:  # whatever it is, the page is told, and may try again
            failure = DataError(
                f"{SOURCES[dataset].title} could not be downloaded",
                found=f"{type(error).__name__}: {error}",
                expected="complete files",
            )
        with self._lock:
            self._state = State(dataset, running=False, failure=failure)


class _Bar:
    """Counts bytes as pooch tells of them, in place of a bar on the console."""

    def __init__(self) -> None:
        self.total = self.received = 0

    def update(self, count: int) -> None:
        self.received += count

    def reset(self) -> None:
        self.received = 0

    def close(self) -> None:
        """Nothing to put away."""
