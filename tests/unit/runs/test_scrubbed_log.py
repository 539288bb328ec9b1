"""What a process complains of is kept, secrets never: in any pieces, whoever is killed, whatever the disk does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foliohub.logs import scrub
from foliohub.runs.scrubbed_log import Scrubber, scrubbed_log

SECRETS = ("abcab", "abc", "cd")


@given(text=st.text("abcd\n", max_size=60), cuts=st.sets(st.integers(0, 60)))
def test_pieces_come_out_as_the_whole_would_and_show_no_secret(text, cuts):
    def in_pieces(at):
        scrubber = Scrubber(SECRETS)
        edges = [0, *sorted(at), len(text)]
        pieces = [text[start:end].encode() for start, end in pairwise(edges)]
        return b"".join([*map(scrubber.feed, pieces), scrubber.end()]).decode()

    came = in_pieces({cut for cut in cuts if cut < len(text)})
    assert came == in_pieces(())
    assert not any(secret in came for secret in SECRETS)


def test_a_text_is_scrubbed_as_everywhere_else():
    text = "key s3cr3t, twice s3cr3ts3cr3t, and its form s3%63r3t"
    scrubber = Scrubber(("s3%63r3t", "s3cr3t"))
    assert (scrubber.feed(text.encode()) + scrubber.end()).decode() == scrub(text, ("s3%63r3t", "s3cr3t"))


def test_nothing_is_kept_back_that_cannot_become_a_secret():
    assert Scrubber(("s3cr3t",)).feed(b"no such thing\n") == b"no such thing\n"
    assert Scrubber(()).feed(b"s3") == b"s3"


def test_the_file_never_holds_a_secret_while_it_is_written(tmp_path):
    path = tmp_path / "kernel.log"
    program = (
        "import os, time\nfor piece in (b'so s3c', b'r3t it', b' is\\n'):\n    os.write(2, piece); time.sleep(0.2)"
    )
    seen = []
    with scrubbed_log(path, ("s3cr3t",)) as output:
        process = subprocess.Popen([sys.executable, "-c", program], stderr=output)
        while process.poll() is None:
            seen.append(path.read_text())
            time.sleep(0.01)
    assert path.read_text() == "so *** it is\n"
    assert set(seen) <= {"", "so ", "so *** it", "so *** it is\n"}
    assert "so *** it" in seen, "what is known to be no secret is there at once"


def test_much_is_copied_whole(tmp_path):
    with scrubbed_log(tmp_path / "kernel.log", ("s3cr3t",)) as output:
        subprocess.run([sys.executable, "-c", "print('a s3cr3t line\\n' * 100_000)"], stdout=output, check=True)
    assert (tmp_path / "kernel.log").read_text() == "a *** line\n" * 100_000 + "\n"


def test_what_a_process_left_behind_holds_open_is_not_waited_for(tmp_path):
    start = time.monotonic()
    with scrubbed_log(tmp_path / "kernel.log", ()) as output:
        os.write(output, b"said")
        left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stderr=output)
    assert time.monotonic() - start < 10
    left.kill()
    left.wait()
    assert (tmp_path / "kernel.log").read_text() == "said"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_holds_nobody_up_and_is_told(tmp_path):
    (tmp_path / "kernel.log").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space"), scrubbed_log(tmp_path / "kernel.log", ()) as output:
        subprocess.run([sys.executable, "-c", "print('x' * 1_000_000)"], stdout=output, check=True, timeout=30)
