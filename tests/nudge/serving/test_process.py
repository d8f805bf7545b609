import threading

import torch

from nudge.serving import process


def test_one_thread_computes_for_each_picture() -> None:
    process.tune()
    assert torch.get_num_threads() == 1


def test_the_foreground_has_two_threads_that_stay() -> None:
    names = {process.compute_in_foreground(lambda: threading.current_thread().name) for _ in "abc"}
    assert names <= {"attack_0", "attack_1"}
    assert process.compute_in_foreground(divmod, 7, 2) == (3, 1)
