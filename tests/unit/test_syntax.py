"""Python is read as text by many threads at once."""

from __future__ import annotations

import ast
import gc
import threading
import time
from collections.abc import Iterator

import pytest

from foliohub.syntax import parse

SOURCE = "\n".join(f"x{i} = [1, (2, {{'a': {i}}}), -3]" for i in range(200))


@pytest.fixture
def crowded() -> Iterator[None]:
    """Every collection of garbage, of which a tree takes many, hands over to another thread."""

    def hand_over(phase: str, info: dict[str, int]) -> None:
        time.sleep(0.0005)

    before = gc.get_threshold()
    gc.callbacks.append(hand_over)
    gc.set_threshold(50)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(hand_over)


@pytest.mark.usefixtures("crowded")
def test_threads_read_the_same() -> None:
    trees: list[str] = []
    threads = [threading.Thread(target=lambda: trees.append(ast.dump(parse(SOURCE)))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trees == [ast.dump(parse(SOURCE))] * 6


def test_what_is_no_python_is_refused() -> None:
    with pytest.raises(SyntaxError):
        parse("x = = 1")
