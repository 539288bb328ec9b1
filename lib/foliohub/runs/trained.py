"""Trained models as tables of the store: bytes with a card, versioned, hashed and recorded as any published table.

A network is trained once a week and used every night: one run publishes it, others read it, and their records name the
exact version. The table has one column of bytes, so that it lies wherever the store does, S3 included. The card stands
in front of the model's own bytes and is hashed with them: neither can be changed or exchanged alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from foliohub.data.names import to_json
from foliohub.errors import InputError, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIX = "trained_"
_LENGTH = 8
"""Bytes in front that say how long the card is."""


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A trained model as a run published it.

    Attributes
    ----------
    content : bytes
        What its `from_bytes` takes.
    card : dict
        What it was trained on and how well it did, as its trainer wrote it.
    as_of : Timestamp
        Session it was trained for.
    run_id : str
        Run that published it.
    """

    content: bytes
    card: dict[str, Any]
    as_of: pd.Timestamp
    run_id: str


def table_kind(kind: str) -> str:
    """The kind of table a kind of trained model is published as.

    Examples
    --------
    >>> table_kind("lstm")
    'trained_lstm'
    """
    return _PREFIX + kind


def is_trained(name: str) -> bool:
    """Whether a table's name is that of a trained model."""
    return name.startswith(_PREFIX)


def pack(content: bytes, card: Mapping[str, Any]) -> pd.DataFrame:
    """A trained model as a table.

    Parameters
    ----------
    content : bytes
    card : mapping
        Texts, numbers, lists and mappings of these.

    Returns
    -------
    DataFrame (n_bytes, 1)
        Column `byte`, uint8: the card's length, the card as JSON, the content.

    Raises
    ------
    InputError
        The content is empty, or the card holds something that JSON has no form for.

    Examples
    --------
    >>> unpack(pack(b"network", {"model": "lstm"}), "lstm")
    (b'network', {'model': 'lstm'})
    """
    if not content:
        raise InputError("The trained model has no bytes.", remedy="Pass what its `to_bytes` gives.")
    written = to_json(card, "The card of a trained model").encode()
    whole = len(written).to_bytes(_LENGTH, "big") + written + content
    return pd.DataFrame({"byte": np.frombuffer(whole, dtype=np.uint8)})


def unpack(frame: pd.DataFrame, what: str) -> tuple[bytes, dict[str, Any]]:
    """Content and card of a table that :func:`pack` made.

    Parameters
    ----------
    frame : DataFrame (n_bytes, 1)
    what : str
        For messages.

    Raises
    ------
    StoreError
        It is none.
    """
    try:
        whole = frame["byte"].to_numpy(np.uint8).tobytes()
        end = _LENGTH + int.from_bytes(whole[:_LENGTH], "big")
        card = json.loads(whole[_LENGTH:end])
    except (KeyError, ValueError) as error:
        raise StoreError(
            f"{what} holds no trained model ({type(error).__name__}).",
            remedy="It was written by something else, or is damaged: train the model anew.",
        ) from None
    return whole[end:], card


__all__ = ["StoredModel", "is_trained", "pack", "table_kind", "unpack"]
