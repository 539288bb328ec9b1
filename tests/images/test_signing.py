"""What is signed is the digest a registry gave, and what the image holds is attested with it."""

from __future__ import annotations

import pytest

from images.signing import sign


def test_the_digest_of_the_registry_pushed_to_is_signed(tmp_path):
    ran = []

    def run(words):
        ran.append(words)
        return "elsewhere.example/foliohub/hub@sha256:1\nr.example/foliohub/hub@sha256:2\n"

    assert sign("hub", "r.example/foliohub", "v1", run, tmp_path) == "r.example/foliohub/hub@sha256:2"
    assert [words[:2] for words in ran] == [["docker", "inspect"], ["cosign", "sign"], ["cosign", "attest"]]
    assert {words[-1] for words in ran[1:]} == {"r.example/foliohub/hub@sha256:2"}
    assert str(tmp_path / "hub.cdx.json") in ran[2]


def test_an_image_that_was_not_pushed_is_not_signed():
    with pytest.raises(ValueError, match="was not pushed"):
        sign("hub", "r.example/foliohub", "v1", lambda words: "")
