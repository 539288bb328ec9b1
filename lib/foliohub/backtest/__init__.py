"""Walk-forward backtests: of allocators with drift, trades and costs; of forecasters with naive baselines.

Weights decided with data up to the close of *t* are traded at the close of *t + purge* and earn their first return one
period later. Nothing after *t* reaches a decision at *t*.
"""

from foliohub.backtest.allocator_scorecard import ALLOCATOR_SCORECARD_COLUMNS, allocator_scorecard, allocator_verdict
from foliohub.backtest.attribution import gains
from foliohub.backtest.champion import FIRST_CHAMPION, Challenge, challenge
from foliohub.backtest.comparison import common_periods, compare
from foliohub.backtest.engine import walk_forward
from foliohub.backtest.forecasts import ForecastEvaluation, evaluate_forecasters
from foliohub.backtest.outcomes import outcomes
from foliohub.backtest.result import BacktestResult
from foliohub.backtest.score_history import SCORE_HISTORY_COLUMNS, score_history
from foliohub.backtest.scorecard import SCORECARD_COLUMNS, common_forecasts, scorecard
from foliohub.backtest.simulation import buy_and_hold, simulate
from foliohub.backtest.splits import Split, splits_at, walk_forward_splits
from foliohub.backtest.trials import TRIED_COLUMNS, count_trials, tried_agents
from foliohub.backtest.value_at_risk import VALUE_AT_RISK_ESTIMATORS, judge_value_at_risk, walk_value_at_risk
from foliohub.backtest.verdict import MODEL_CARD_COLUMNS, model_card, model_cards

__all__ = [
    "ALLOCATOR_SCORECARD_COLUMNS",
    "FIRST_CHAMPION",
    "MODEL_CARD_COLUMNS",
    "SCORECARD_COLUMNS",
    "SCORE_HISTORY_COLUMNS",
    "TRIED_COLUMNS",
    "VALUE_AT_RISK_ESTIMATORS",
    "BacktestResult",
    "Challenge",
    "ForecastEvaluation",
    "Split",
    "allocator_scorecard",
    "allocator_verdict",
    "buy_and_hold",
    "challenge",
    "common_forecasts",
    "common_periods",
    "compare",
    "count_trials",
    "evaluate_forecasters",
    "gains",
    "judge_value_at_risk",
    "model_card",
    "model_cards",
    "outcomes",
    "score_history",
    "scorecard",
    "simulate",
    "splits_at",
    "tried_agents",
    "walk_forward",
    "walk_forward_splits",
    "walk_value_at_risk",
]
