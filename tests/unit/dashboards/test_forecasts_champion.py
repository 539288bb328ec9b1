"""Who is champion, since when, and what the others lacked, as the decisions published say."""

from __future__ import annotations

import pandas as pd

from foliohub.dashboards import forecasts, kit
from foliohub.dashboards.forecasts_champion import reign

MODELS = ("mean", "zero", "gradient_boosting")


def decided(installation, back: int, before: str, after: str, cutoffs: int = 40) -> None:
    rows = pd.DataFrame({"model": MODELS})
    rows = rows.assign(was_champion=rows["model"] == before, is_champion=rows["model"] == after)
    rows = rows.assign(eligible=rows["is_champion"] & ~rows["was_champion"], skill=[-0.01, 0.0, 0.02])
    rows["dm_p_value"] = [0.4, 0.3, 0.01]
    rows["lacked"] = ["", "12 cutoffs beside the champion, of 30 needed", "its lead could be chance"]
    rows = rows.assign(dm_statistic=-1.0, set_p_value=0.5, in_set=True, cutoffs=cutoffs, horizon=21)
    rows = rows.assign(needed_dm_p_value=0.05, needed_skill=0.0, needed_cutoffs=30, set_size=0.1)
    installation.run("weekly-champion", {"champion": rows}, installation.prices.index[-back])


def drawn(installation) -> str:
    board = forecasts.Board(installation.sources, kit.Request({}))
    return kit.part("", board.champion).html


def test_without_a_decision_the_job_is_named(cycled, failures):
    html = drawn(cycled)
    assert not failures(html)
    assert "foliohub run weekly-champion" in html
    assert reign(cycled.reader) is None


def test_a_champion_nobody_has_replaced_is_there_from_the_beginning(cycled, failures):
    for back in (6, 1):
        decided(cycled, back, "mean", "mean", cutoffs=12)
    html = drawn(cycled)
    assert not failures(html)
    assert "nobody has replaced it" in html
    assert "2 decisions" in html
    assert "12 cutoffs beside the champion, of 30 needed" in html


def test_a_change_is_when_the_reign_began(cycled):
    decided(cycled, 11, "mean", "mean")
    decided(cycled, 6, "mean", "gradient_boosting")
    decided(cycled, 1, "gradient_boosting", "gradient_boosting")
    found = reign(cycled.reader)
    assert (found.model, found.before, found.decisions) == ("gradient_boosting", "mean", 1)
    assert found.since == f"{cycled.prices.index[-6]:%Y-%m-%d}"
    assert "in the place of Historical mean" in drawn(cycled)


def test_the_champions_fan_is_the_first_shown(cycled):
    decided(cycled, 1, "mean", "mean")
    html = kit.part("", forecasts.Board(cycled.sources, kit.Request({})).ticker).html
    assert "Historical mean (champion)" in html
    assert "by Historical mean, return since" in html
