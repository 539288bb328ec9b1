"""Whatever bytes a CSV file holds, the source gives bars or one of our errors, and nothing else."""

from __future__ import annotations

from datetime import date

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from foliohub.data.csv_folder import CsvFolderSource
from foliohub.errors import VendorError
from foliohub.frames import check_bars

SOUND = (
    b"timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient\n"
    b"2020-08-27,508.57,509.94,495.33,500.04,124.6088,38888096,0.0,1.0\n"
    b"2020-08-28,504.05,505.77,498.31,499.23,124.4069,46907479,0.0,1.0\n"
    b"2020-08-31,127.58,131.0,126.0,129.04,128.6247,223505733,0.0,4.0\n"
)

splinters = st.one_of(
    st.binary(max_size=6),
    st.sampled_from(b""", ""\n"\r"\0"nan"-"1e999"{"<"\xef\xbb\xbf"_" """.split(b'"')),
)


@st.composite
def corrupted(draw):
    """The sound file with up to four stretches cut out or overwritten."""
    content = SOUND
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 12)))
        content = content[:start] + draw(splinters) + content[end:]
    return content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


def bars_or_our_error(folder, content):
    (folder / "AAPL.csv").write_bytes(content)
    try:
        bars = CsvFolderSource(folder).fetch("AAPL", None, date(2020, 12, 31))
    except VendorError:
        return
    assert len(check_bars(bars))


here = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@here
@given(content=corrupted())
@example(content=SOUND)
@example(content=SOUND.replace(b"500.04", b'"5\n0"'))
@example(content=SOUND.replace(b"500.04", b"\xd9\xa3"))
def test_a_corrupted_file(tmp_path, content):
    bars_or_our_error(tmp_path, content)


@here
@given(content=st.binary(max_size=400))
def test_any_bytes(tmp_path, content):
    bars_or_our_error(tmp_path, content)
