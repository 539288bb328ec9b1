"""Reading from the store runs no program that somebody stored there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import arcticdb
import pytest

from foliohub.data.store import Store
from foliohub.errors import StoreError


class Trap:
    """What leaves a file behind when it is unpickled."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.witness}",)


@pytest.mark.parametrize("place", ["object", "metadata"])
def test_a_pickled_object_is_refused_and_not_run(tmp_path: Path, place: str) -> None:
    import pandas as pd

    witness = tmp_path / "witness"
    uri = f"lmdb://{tmp_path / 'store'}"
    Store.open(uri, locks=tmp_path / "locks").close()
    library = arcticdb.Arctic(uri)["results"]
    if place == "object":
        library.write_pickle("x", Trap(witness))
    else:
        library.write("x", pd.DataFrame({"a": [1.0]}), metadata={"table": Trap(witness)})
    del library
    store = Store.open(uri, locks=tmp_path / "locks")
    with pytest.raises(StoreError, match="pickled"):
        store.read_table("x")
    assert not witness.exists()
