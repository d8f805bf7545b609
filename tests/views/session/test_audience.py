import time

import pytest

from views.session import audience


def test_the_audience_is_who_came_lately(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "_last_served", {})
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert [audience.audience(name) for name in ("a", "b", "a")] == [1, 2, 2]
    monkeypatch.setattr(time, "monotonic", lambda: now + 21)
    assert audience.audience("a") == 1
