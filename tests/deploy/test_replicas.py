"""Two replicas behind nginx as deploy/nginx.conf has it, and one of them dies."""

import asyncio
import random
import time
from pathlib import Path

import pytest

from scripts.load_test import Load, act, shown_pictures
from scripts.measuring.browsing import Served, free_port, serving
from scripts.measuring.visitors import Visitor
from tests.deploy.proxies import configured, nginx, replacing
from tests.looping import finish

USERS = 12
LIMIT = 10.0  # seconds until everybody is served again


async def keep_busy(visitor: Visitor, load: Load, number: int, answered: list[float]) -> None:
    """Do one thing after another; `answered` gets the moment of each answer."""
    luck = random.Random(number)
    await visitor.poll()
    while True:
        answered.append(time.monotonic())
        await asyncio.sleep(luck.uniform(0.2, 0.6))
        await act(visitor, luck, load.pictures)


async def session(load: Load, victim: Served) -> tuple[list[float], list[Visitor]]:
    """Seconds from the death of a replica until each visitor's view is answered again."""
    visitors = [load.visitor(number) for number in range(USERS)]
    answered: list[list[float]] = [[] for _ in visitors]
    tasks = [asyncio.create_task(visitor.run()) for visitor in visitors]
    for number, visitor in enumerate(visitors):
        busy = keep_busy(visitor, load, number, answered[number])
        tasks.append(asyncio.create_task(busy))
    async with asyncio.timeout(240):
        while not all(len(moments) > 2 for moments in answered):
            await asyncio.sleep(0.1)
            for task in filter(asyncio.Task.done, tasks):
                task.result()
    victim.process.kill()
    died = time.monotonic()
    async with asyncio.timeout(60):
        while not all(moments[-1] > died for moments in answered):
            await asyncio.sleep(0.05)
            for task in filter(asyncio.Task.done, tasks):
                task.result()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return [next(at for at in moments if at > died) - died for moments in answered], visitors


def test_when_a_replica_dies_everybody_is_soon_served_by_the_other(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    with serving(data_dir) as one, serving(data_dir) as two:
        changes = replacing([one, two]) | {"listen 80;": f"listen 127.0.0.1:{port};"}
        with nginx(configured("nginx.conf", tmp_path, changes), port):
            load = Load(f"http://127.0.0.1:{port}", shown_pictures(data_dir), None)
            waited, visitors = finish(session(load, victim=one))
    moved = [visitor for visitor in visitors if visitor.connections > 1]
    with capsys.disabled():
        print(f"[{len(moved)} of {USERS} moved; the last was served {max(waited):.1f} s later]")
    assert 0 < len(moved) < USERS  # both replicas had visitors, and nobody else was disturbed
    assert max(waited) <= LIMIT
