"""What the header Retry-After may say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from foliohub.data.transport import retry_after

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("0", 0),
        (" 30 ", 30),
        ("Thu, 01 Jan 2026 00:02:00 GMT", 120),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0),
        ("Thu, 01 Jan 2026 01:02:00 +0100", 120),
        ("Thu, 01 Jan 2026 00:02:00 -0000", 120),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_nothing(header, seconds):
    assert retry_after(header, NOW) == seconds
