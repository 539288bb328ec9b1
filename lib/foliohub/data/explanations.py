"""What ArcticDB's errors mean, in words that say what to do."""

from __future__ import annotations

import re

DISK_FULL = "nothing could be written: the disk is full, or a quota or file-size limit is reached"
"""After this the connection must not be used: LMDB cannot undo a failed commit."""

NO_ANSWER = "the server does not answer"
"""A passing fault, worth another try."""

_EXPLANATIONS: tuple[tuple[str, str, str], ...] = (
    (
        r"LMDB map is full|MDB_MAP_FULL",
        "the database has reached its map size",
        "Run `foliohub store prune`, or put a larger ?map_size=…GB behind the store's URI.",
    ),
    (
        r"No space left|Input/output error|File too large|[Qq]uota",
        DISK_FULL,
        "Free some disk and start again; nothing that was stored before is lost.",
    ),
    (
        r"Permission denied|Read-only file system|Operation not permitted",
        "its files cannot be written",
        "Check the permissions of the store's folder.",
    ),
    (
        r"HttpResponseCode:40[13]|AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|E_PERMISSION",
        "the server refuses the credentials",
        "Check `access` and `secret` in the store's URI; the server's clock, too.",
    ),
    (r"NoSuchBucket", "the server has no such bucket", "Create the bucket, or correct the store's URI."),
    (
        r"Network error|S3_RETRYABLE|Could not connect|timed? ?out",
        NO_ANSWER,
        "Check the network and the server, then try again.",
    ),
    (
        r"MDB_(INVALID|CORRUPTED|PAGE_NOTFOUND|VERSION_MISMATCH|PANIC)|CodecException|E_DECODE|[Cc]orrupt",
        "the database is damaged",
        "Restore the store's folder from a backup; or move it away and ingest again.",
    ),
)


def explain(text: str) -> tuple[str, str]:
    """Reason and remedy for the text of an error.

    Examples
    --------
    >>> explain("E_PERMISSION: HttpResponseCode:403, SignatureDoesNotMatch")[0]
    'the server refuses the credentials'
    """
    for pattern, reason, remedy in _EXPLANATIONS:
        if re.search(pattern, text):
            return reason, remedy
    return re.sub(r"\s+", " ", text)[:300].rstrip("."), ""
