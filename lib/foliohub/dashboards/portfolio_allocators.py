"""The allocators compared: every one against 1/N with what luck explains, and the agents seed by seed."""

from __future__ import annotations

import pandas as pd

from foliohub import reporting
from foliohub.backtest import allocator_verdict
from foliohub.dashboards import kit
from foliohub.dashboards.portfolio_data import INDEX, NAIVE
from foliohub.dashboards.reading import Reader
from foliohub.reporting.formats import counted, fixed, percent

_AGENTS = "reinforcement"
_BESIDE_AGENTS = (_AGENTS, "walk_forward_agents", NAIVE, "inverse_volatility", "min_variance", INDEX)
_LUCK = {
    "sharpe_ratio": "Sharpe ratio",
    "sharpe_lower": "95% from",
    "sharpe_upper": "to",
    "probabilistic_sharpe": "Above zero, probability",
    "deflated_sharpe": "Above luck, probability",
    "sharpe_difference": "Less that of 1/N",
    "p_value": "p-value against 1/N",
    "p_value_adjusted": "p-value, of all",
}
_HOLDING = {
    "annual_return": "Return a year",
    "annual_volatility": "Volatility a year",
    "max_drawdown": "Maximum drawdown",
    "annual_turnover": "Turnover a year",
    "cost_drag": "Lost to costs a year",
}
_FORMATS = {
    **dict.fromkeys(_LUCK, "number2"),
    **dict.fromkeys(("annual_return", "annual_volatility", "max_drawdown"), "percent"),
    **dict.fromkeys(("probabilistic_sharpe", "deflated_sharpe"), "percent"),
    "annual_turnover": "percent0",
    "cost_drag": "bps",
}


class Comparison:
    """What the weekly comparison of allocators and the training of agents published.

    Parameters
    ----------
    reader : Reader
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def allocators(self) -> kit.Piece:
        """The verdict, the best in large numbers, every Sharpe ratio with its interval, and what holding them takes."""
        reading = self.reader.latest("allocator_scorecard")
        card, provenance = reading.frame.set_index("strategy"), reading.provenance
        card = card.sort_values("sharpe_ratio", ascending=False, kind="stable")
        traded = card.drop(index=INDEX, errors="ignore")
        tried = f"{traded['trials'].max():.0f} tried in all, with every seed and every setting looked at before"
        step = str(reading.run.parameters.get("step", "as the run says"))
        figure = reporting.sharpe_ratio_intervals(card, provenance=provenance)
        colours = {reporting.display_name(str(name)): reporting.colour(str(name)) for name in card.index}
        named = card.rename(index=reporting.display_name)
        tables = [
            kit.table(
                named[list(columns)],
                formats=_FORMATS,
                labels=columns,
                colours=colours,
                caption=caption,
                index_name="Allocator",
            )
            for columns, caption in (
                (_LUCK, f"What is left when luck is counted: {tried}"),
                (_HOLDING, f"What it takes to hold them; decided {step}, agents at the pace of their training"),
            )
        ]
        note = kit.prose(
            "“Above zero” is the probabilistic Sharpe ratio; “above luck” the deflated one: the probability that the "
            "true ratio is above what the best of so many would show if all were worth nothing. The p-values are of "
            "the difference from 1/N (Ledoit and Wolf), alone and corrected for comparing all of them (Holm)."
        )
        return kit.stack(
            verdict(traded),
            self._best(traded),
            kit.figure(figure, provenance=provenance),
            tables[0],
            note,
            tables[1],
            kit.downloads({"allocators.csv": card}, label="Download the comparison as CSV"),
        )

    def agents(self) -> kit.Piece:
        """The agents as a distribution over seeds, against strategies that learn little or nothing."""
        reading, compared = self.reader.latest("agent_seeds"), self.reader.find("allocator_scorecard")
        seeds = reading.frame.set_index("agent")
        ratios, gaps = seeds["sharpe_ratio"], seeds["sharpe_difference"]
        naive, above = float((ratios - gaps).median()), int((gaps > 0).sum())
        first, parameters = seeds.iloc[0], reading.run.parameters
        lead = kit.prose(
            f"{counted(len(seeds), 'agent')} ({str(first['algorithm']).upper()}), each trained from other random "
            f"numbers on the sessions up to {first['trained_to']:%Y-%m-%d}, in {int(parameters.get('steps', 0)):,} "
            "decisions, and judged on those after it, net of costs. Where the seeds differ by more than they differ "
            "from 1/N, a single agent says nothing."
        )
        spread, together = float(ratios.max() - ratios.min()), float("nan")
        pieces: list[kit.Html] = []
        if compared is not None:
            card = compared.frame.set_index("strategy")
            card = card[card.index.isin(_BESIDE_AGENTS)]
            together = float(card["sharpe_ratio"].get(_AGENTS, together))
            figure = reporting.sharpe_ratio_intervals(
                card, seeds=ratios, provenance=compared.provenance, title="Agents by seed, against what learns little"
            )
            pieces.append(kit.figure(figure, provenance=compared.provenance))
        else:
            pieces.append(
                kit.empty(
                    "The agents have not been compared with the other allocators yet",
                    "The weekly comparison does it.",
                    command="foliohub run weekly-compare-allocators",
                )
            )
        cards = kit.cards(
            [
                kit.KeyFigure(
                    "Sharpe ratio, median seed",
                    fixed(float(ratios.median())),
                    note=f"{fixed(float(ratios.min()))} to {fixed(float(ratios.max()))} by seed",
                ),
                kit.KeyFigure("All deciding together", fixed(together), note="what is published as the allocator"),
                kit.KeyFigure("1/N, decided as often", fixed(naive), note="learns nothing"),
                kit.KeyFigure("Seeds above 1/N", f"{above} of {len(seeds)}", note=_told_apart(seeds)),
                kit.KeyFigure("Spread over the seeds", fixed(spread), note="best less worst, by chance alone"),
            ]
        )
        columns = {
            name: text
            for name, text in (_LUCK | _HOLDING).items()
            if name not in {"probabilistic_sharpe", "deflated_sharpe", "p_value_adjusted", "annual_volatility"}
        }
        table = kit.table(
            seeds[list(columns)],
            formats=_FORMATS,
            labels=columns,
            caption="Each seed alone, against 1/N decided as often",
            index_name="Agent",
        )
        download = kit.downloads({"agents.csv": seeds}, label="Download as CSV")
        return kit.stack(lead, cards, *pieces, table, *self._retrained(), download)

    def _retrained(self) -> list[kit.Html]:
        """Which algorithm decided when, among agents that are trained anew; nothing where none are."""
        found = self.reader.find("agent_choices")
        if found is None or found.frame.empty:
            return []
        ratios = found.frame.pivot(index="since", columns="algorithm", values="sharpe_ratio")
        ratios = ratios[list(found.frame["algorithm"].unique())].rename(columns=str.upper)
        labels = dict(zip(ratios.columns, ratios.columns, strict=True))
        chosen = found.frame[found.frame["chosen"]].set_index("since")["algorithm"].str.upper()
        table = kit.table(
            ratios.assign(chosen=chosen).rename(index="{:%Y-%m-%d}".format),
            formats=dict.fromkeys(labels, "number2"),
            labels=labels | {"chosen": "Decides"},
            caption="Who decides from when",
            index_name="From",
        )
        said = (
            "Walk-forward agents are trained anew as time goes on. Beside each date stands the Sharpe ratio of every "
            "algorithm on the sessions before its first decision, and which of them decides from then on."
        )
        return [kit.prose(said), table]

    def _best(self, traded: pd.DataFrame) -> kit.Html:
        """The allocator with the highest Sharpe ratio beside 1/N, in large numbers."""
        name = str(traded.index[0])
        row = traded.iloc[0]
        interval = f"{fixed(row['sharpe_lower'])} to {fixed(row['sharpe_upper'])}"
        figures = [
            kit.KeyFigure("Highest Sharpe ratio", fixed(row["sharpe_ratio"]), note=reporting.display_name(name)),
            kit.KeyFigure("Its 95% interval", interval, note="stationary bootstrap"),
            kit.KeyFigure(
                "Above luck",
                percent(row["deflated_sharpe"]),
                note=f"likely more than the luckiest of {row['trials']:.0f}",
            ),
        ]
        if name != NAIVE:
            figures.append(kit.KeyFigure("p-value against 1/N", fixed(row["p_value"]), note="alone, uncorrected"))
        if NAIVE in traded.index:
            naive = traded["sharpe_ratio"][NAIVE]
            figures.append(kit.KeyFigure("1/N", fixed(naive), note="estimates nothing"))
        return kit.cards(figures)


def verdict(traded: pd.DataFrame) -> kit.Html:
    """Whether anything beats 1/N, in a sentence.

    Parameters
    ----------
    traded : DataFrame (n_strategies, n_scores)
        Of :func:`foliohub.backtest.allocator_scorecard`, without the index.
    """
    if NAIVE not in traded.index or len(traded) < 2:
        return kit.notice("1/N, or anything beside it, was not among those compared: nothing can be said.")
    said = allocator_verdict(traded.rename(index=reporting.display_name), baseline=reporting.display_name(NAIVE))
    return kit.notice(said, kind="warning" if said.startswith("Nothing") else "good", title="Verdict")


def _told_apart(seeds: pd.DataFrame, level: float = 0.05) -> str:
    """How many seeds differ from 1/N by more than chance explains."""
    count = int(((seeds["p_value_adjusted"] < level) & (seeds["sharpe_difference"] > 0)).sum())
    return f"{count or 'none'} by more than chance explains"
