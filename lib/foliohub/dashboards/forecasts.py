"""Forecasts: what the models expect of each ticker, how far to trust them, and what came of what they said."""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from foliohub import reporting
from foliohub.dashboards import forecasts_data as data
from foliohub.dashboards import forecasts_record as record
from foliohub.dashboards import kit
from foliohub.dashboards.forecasts_champion import Reign, champion, reign
from foliohub.dashboards.kit.pieces import Html
from foliohub.dashboards.reading import Reader, Reading
from foliohub.reporting.formats import counted, fixed, percent

_BASELINE = "zero"
_CUTOFFS = 30
"""Registered dates that are looked at, the newest: more than the longest horizon, few enough to be read at once."""
_BOARD = ["skill", "dm_p_value", "mae", "rmse", "hit_rate", "rank_ic", "coverage_80", "coverage_95", "observations"]
_CHANCE = 0.05


class Board:
    """The dashboard's parts. Nothing is read before one of them is drawn.

    Parameters
    ----------
    sources : kit.Sources
    request : kit.Request
        ``?universe=``, ``?ticker=``, ``?model=``, ``?cutoff=`` and ``?horizon=`` are what it starts with.
    """

    def __init__(self, sources: kit.Sources, request: kit.Request) -> None:
        self.sources = sources
        self.request = request

    # -- what is read --------------------------------------------------------------------------------------------------

    @cached_property
    def reader(self) -> Reader:
        """The tables of the universe asked for."""
        return Reader.asked(self.sources, self.request)

    @cached_property
    def forecasts(self) -> Reading:
        """The latest forecasts."""
        return self.reader.latest("forecasts")

    @cached_property
    def adjusted(self) -> pd.DataFrame:
        """Adjusted closes, as they are known now (n_dates, n_tickers)."""
        return self.reader.latest("adjusted").dated()

    @cached_property
    def scores(self) -> pd.DataFrame:
        """The leaderboard of the latest evaluation, index (horizon, model)."""
        return self.reader.latest("forecast_scores").frame.set_index(["horizon", "model"])

    def board(self, horizon: int) -> pd.DataFrame:
        """The leaderboard of one horizon, index model."""
        board = self.scores.reset_index()
        return board[board["horizon"] == horizon].drop(columns="horizon").set_index("model")

    @cached_property
    def models(self) -> list[str]:
        """The champion first, then the model the forecasts' run shows, then the others, the baseline last."""
        names = [str(name) for name in self.forecasts.frame["model"].unique()]
        shown = str(self.forecasts.run.parameters.get("shown", ""))
        best = "" if self.reign is None else self.reign.model
        return sorted(names, key=lambda name: (name != best, name != shown, name == _BASELINE, name))

    @cached_property
    def reign(self) -> Reign | None:
        """Who is champion and since when; None where nobody has decided yet."""
        return reign(self.reader)

    @cached_property
    def horizons(self) -> list[int]:
        """Sessions ahead, the longest first."""
        return sorted((int(value) for value in self.forecasts.frame["horizon"].unique()), reverse=True)

    @cached_property
    def past(self) -> pd.DataFrame:
        """Registered forecasts beside what came."""
        dates = self.reader.dates("forecasts")[-_CUTOFFS:]
        frames = [reading.frame for date in dates if (reading := self.reader.at("forecasts", date)) is not None]
        return data.registered(frames, self.adjusted)

    # -- what is drawn -------------------------------------------------------------------------------------------------

    def head(self) -> kit.Piece:
        """Title, and the verdict in large numbers."""
        lead = "What the models expect of each ticker, from prices up to the close alone, and how far to trust it."
        facts = [("Universe", self.reader.universe.title)]
        found = self.reader.find("forecasts")
        if found is None:
            return kit.page("Forecasts", lead=lead, facts=facts)
        head = kit.page("Forecasts", lead=lead, as_of=found.as_of, run_id=found.run.id, facts=facts)
        return kit.stack(head, kit.part("", self.reader.drawn, self.verdict))

    def verdict(self) -> Html:
        """Whether any model beats the forecast of no change, and whether its intervals hold."""
        horizon, shown = self.horizons[0], self.models[0]
        board = self.board(horizon)
        rows = board.drop(index=_BASELINE, errors="ignore").to_dict("index")
        if not rows:
            return kit.empty("No model besides the baseline was scored", "Name more models in the job's parameters.")
        # A model of the volatility alone has the mean of the baseline: its skill is zero by construction.
        own = [name for name, row in rows.items() if row["rmse"] != board["rmse"].get(_BASELINE)] or list(rows)
        best = str(max(own, key=lambda name: rows[name]["skill"]))
        row, inside = rows[best], float(board["coverage_80"].get(shown, float("nan")))
        ahead = counted(horizon, "session") + " ahead"
        better = row["skill"] > 0 and row["dm_p_value"] < _CHANCE
        said = "better than no change" if better else "cannot be told from no change"
        return kit.cards(
            [
                kit.KeyFigure(
                    "Best skill",
                    percent(row["skill"], signed=True),
                    note=f"{reporting.display_name(best)}, {ahead}: {said} (p-value {fixed(row['dm_p_value'])})",
                ),
                kit.KeyFigure(
                    "Its rank IC", fixed(row["rank_ic"], 3, signed=True), note="0 is chance, 1 a perfect order"
                ),
                kit.KeyFigure("Its hit rate", percent(row["hit_rate"]), note="of directions; half is chance"),
                kit.KeyFigure(
                    "Inside the 80% interval", percent(inside), note=f"{reporting.display_name(shown)}, {ahead}"
                ),
                kit.KeyFigure(
                    "Scored out of sample",
                    f"{int(row['observations']):,}",
                    note=f"forecasts per model, at {counted(int(row['cutoffs']), 'past cutoff')}",
                ),
            ]
        )

    def champion(self) -> kit.Piece:
        """Whose forecasts portfolios are built on, since when, and what the challengers lacked."""
        return self.reader.drawn(self._champion)

    def _champion(self) -> kit.Piece:
        return champion(self.reader)

    def ticker(self) -> kit.Piece:
        """One ticker's fan, with pickers of ticker, model and cutoff."""
        tickers = sorted(str(name) for name in self.forecasts.frame["ticker"].unique())
        dates = self.reader.dates("forecasts")[-_CUTOFFS:][::-1]
        controls = [
            kit.choice("ticker", "Ticker", {name: name for name in tickers}, buttons=False),
            kit.choice("model", "Model", {name: self._titled(name) for name in self.models}, buttons=False),
            kit.choice("cutoff", "Forecast of", {date: date for date in dates}, buttons=False),
        ]
        return kit.live(
            self.draw_ticker, controls, request=self.request, label="Ticker, model and date of the forecast"
        )

    def draw_ticker(self, ticker: str, model: str, cutoff: str) -> kit.Piece:
        """What was expected of a ticker."""
        return self.reader.drawn(self.expected, ticker, model, cutoff)

    def expected(self, ticker: str, model: str, cutoff: str) -> kit.Piece:
        """A fan with its numbers, and every model's interval beside it."""
        reading = self.reader.at("forecasts", cutoff) or self.forecasts
        frame, provenance = reading.frame, reading.provenance
        fan = reporting.forecast_fan(
            self.adjusted, frame, ticker, model=model, provenance=provenance, currency=self._currency
        )
        rows = data.one_ticker(frame, ticker, model, self.adjusted)
        known = rows["outcome"].notna().any()
        percents = dict.fromkeys(["mean", "lo_80", "hi_80", "lo_95", "hi_95", "outcome"], "signed_percent")
        table = kit.table(
            rows if known else rows.drop(columns=["outcome", "held"]),
            formats=percents,
            labels={
                "date": "To the close of",
                "mean": "Mean return",
                "lo_80": "80% from",
                "hi_80": "to",
                "lo_95": "95% from",
                "hi_95": "to ",
                "outcome": "What came",
                "held": "Interval",
            },
            caption=f"{ticker} by {reporting.display_name(model)}, return since {cutoff}",
            index_name="Sessions ahead",
            empty=f"{reporting.display_name(model)} said nothing about {ticker} on {cutoff}.",
        )
        compared = self._all_models(frame, ticker)
        return kit.stack(
            kit.figure(fan, provenance=provenance),
            kit.columns(table, compared),
            kit.downloads({f"forecasts-{ticker}-{cutoff}.csv": frame[frame["ticker"] == ticker].set_index("cutoff")}),
        )

    def trust(self) -> kit.Piece:
        """The leaderboard, scores over time and calibration, with a picker of the horizon."""
        controls = [
            kit.choice("horizon", "Sessions ahead", {str(value): str(value) for value in self.horizons}, buttons=True),
            kit.choice(
                "highlight", "Highlight", {name: reporting.display_name(name) for name in self.models}, buttons=False
            ),
        ]
        return kit.live(self.draw_trust, controls, request=self.request, label="Horizon and model")

    def draw_trust(self, horizon: str, highlight: str) -> kit.Piece:
        """How far the models can be trusted."""
        return self.reader.drawn(self.achieved, horizon, highlight)

    def achieved(self, horizon: str, highlight: str) -> kit.Piece:
        """What the models achieved out of sample, for one horizon."""
        reading, ahead = self.reader.latest("forecast_scores"), int(horizon)
        provenance, board = reading.provenance, self.board(int(horizon))
        history = self.reader.find("score_history")
        coverage = board[["coverage_80", "coverage_95"]].set_axis([0.8, 0.95], axis=1)
        observations = int(board["observations"].min())
        table = reporting.leaderboard(
            board[_BOARD],
            sort_by="rmse",
            caption=f"{counted(ahead, 'session')} ahead, {counted(int(board['cutoffs'].max()), 'past cutoff')}: "
            "every model fitted anew at each, on what was known there",
        )
        note = kit.prose(
            "Skill is the share of the squared error of “no change” that a model saves; below zero it would have been "
            "better to forecast nothing. A p-value above 0.05 says that the difference may well be chance."
        )
        over_time = kit.empty("No scores over time yet", "The next forecasts publish them.")
        lead: list[kit.Piece] = []
        if history is not None:
            figure = reporting.score_history_chart(
                history.frame, ahead, highlight=highlight, provenance=history.provenance
            )
            over_time = kit.figure(figure, provenance=history.provenance)
            ahead_of = reporting.lead_over_no_change(
                history.frame, ahead, highlight=highlight, provenance=history.provenance
            )
            lead = [kit.figure(ahead_of, provenance=history.provenance)]
        calibration = reporting.interval_calibration(coverage, observations=observations, provenance=provenance)
        return kit.stack(
            table,
            note,
            *self._judged(board),
            *lead,
            over_time,
            kit.figure(calibration, provenance=provenance),
            kit.downloads({"leaderboard.csv": self.scores}, label="Download the leaderboard as CSV"),
        )

    def _judged(self, board: pd.DataFrame) -> list[kit.Piece | reporting.Fragment]:
        """The verdicts of one horizon and what the models' cards say, as far as they have been published."""
        pieces: list[kit.Piece | reporting.Fragment] = []
        if "verdict" in board:
            pieces.append(reporting.verdict_table(board, caption="Which model may be the best, and what that is worth"))
        cards = self.reader.find("model_cards")
        if cards is not None:
            pieces.append(reporting.model_card_table(cards.frame))
        return pieces

    def registered(self) -> kit.Piece:
        """Forecasts as they were published, scored once their outcome is known."""
        return self.reader.drawn(self._registered)

    def _registered(self) -> kit.Piece:
        state = data.maturing(self.past, self.adjusted.index[-1])
        lead = kit.prose(
            "Forecasts as they were published; none can have changed since. Those registered were stored before "
            "anybody knew what came, so nothing about them can have been tuned. Those replayed were made afterwards, "
            "of a past date: nothing in them looks ahead, but whoever made them could have known. The two are never "
            "mixed."
        )
        table = kit.table(
            state,
            formats={"cutoffs": "integer", "forecasts": "integer", "scored": "integer", "next": "date"},
            labels={
                "cutoffs": "Dates",
                "forecasts": "Forecasts",
                "scored": "Outcome known",
                "next": "Next close to come",
            },
            caption="Published so far",
            index_name="Sessions ahead",
        )
        return kit.stack(lead, record.counted_apart(self.reader), kit.part("", record.scored, self.reader), table)

    # -- within --------------------------------------------------------------------------------------------------------

    def _titled(self, name: str) -> str:
        """A model's name, with its rank where it is champion."""
        crowned = self.reign is not None and self.reign.model == name
        return reporting.display_name(name) + " (champion)" * crowned

    @property
    def _currency(self) -> str:
        return "USD"

    def _all_models(self, frame: pd.DataFrame, ticker: str) -> Html:
        """Every model's mean and 80 % interval for the longest horizon."""
        rows = frame[(frame["ticker"] == ticker) & (frame["horizon"] == frame["horizon"].max())]
        rows = rows.set_index("model").reindex([name for name in self.models if name in set(rows["model"])])
        shown = rows[["mean", "lo_80", "hi_80"]]
        return kit.table(
            shown.set_axis([reporting.display_name(str(name)) for name in shown.index]),
            formats=dict.fromkeys(["mean", "lo_80", "hi_80"], "signed_percent"),
            labels={"mean": "Mean return", "lo_80": "80% from", "hi_80": "to"},
            colours={reporting.display_name(str(name)): reporting.colour(str(name)) for name in rows.index},
            caption=f"All models, {counted(int(frame['horizon'].max()), 'session')} ahead",
            index_name="Model",
        )
