"""The page of models: coverage and error of what was published."""

from __future__ import annotations

from hub.monitoring.grafana.panels import Page, Panel

_CHAMPION = "and on (universe, model) foliohub_model_champion == 1"
MODELS = Page(
    "models",
    "models",
    "The live record: forecasts as they were published, scored after their outcome.",
    [
        (
            "Champion",
            [
                Panel(
                    "Champion",
                    "The model that portfolios are built on.",
                    [("foliohub_model_champion == 1", "{{universe}}: {{model}}")],
                    kind="stat",
                    height=5,
                ),
                Panel(
                    "Its error, lately",
                    "Error of the last 21 sessions over that of all before; above 1 it got worse.",
                    [(f"foliohub_model_live_error_drift_ratio {_CHAMPION}", "{{standing}} {{horizon}}")],
                    "short",
                    "stat",
                    1.25,
                    1.5,
                    height=5,
                ),
                Panel(
                    "Its intervals",
                    "Share of outcomes inside the 80 % interval.",
                    [(f'foliohub_model_live_coverage_ratio{{level="80"}} {_CHAMPION}', "{{standing}} {{horizon}}")],
                    "percentunit",
                    "stat",
                    height=5,
                ),
            ],
        ),
        (
            "Live coverage",
            [
                Panel(
                    "80 % intervals",
                    "Share of outcomes inside, by model and horizon; 80 % is right.",
                    [('foliohub_model_live_coverage_ratio{level="80"}', "{{model}} {{horizon}} {{standing}}")],
                    "percentunit",
                    warn=0.7,
                    bad=0.6,
                    width=12,
                ),
                Panel(
                    "95 % intervals",
                    "Share of outcomes inside, by model and horizon; 95 % is right.",
                    [('foliohub_model_live_coverage_ratio{level="95"}', "{{model}} {{horizon}} {{standing}}")],
                    "percentunit",
                    warn=0.9,
                    bad=0.85,
                    width=12,
                ),
            ],
        ),
        (
            "Error",
            [
                Panel(
                    "Error drift",
                    "Error of the last 21 sessions over that of all before; above 1 the model got worse.",
                    [("foliohub_model_live_error_drift_ratio", "{{model}} {{horizon}} {{standing}}")],
                    warn=1.25,
                    bad=1.5,
                ),
                Panel(
                    "Error, lately",
                    "Mean absolute error of the last 21 sessions, as a return.",
                    [("foliohub_model_live_recent_mae_ratio", "{{model}} {{horizon}} {{standing}}")],
                    "percentunit",
                ),
                Panel(
                    "Error of all",
                    "Mean absolute error of the whole live record, as a return.",
                    [("foliohub_model_live_mae_ratio", "{{model}} {{horizon}} {{standing}}")],
                    "percentunit",
                ),
                Panel(
                    "Skill",
                    "1 less the error's ratio to that of no change; above 0 is better than no change.",
                    [("foliohub_model_live_skill_ratio", "{{model}} {{horizon}} {{standing}}")],
                    "percentunit",
                    width=12,
                ),
                Panel(
                    "Forecasts scored",
                    "How many outcomes these figures rest on.",
                    [("foliohub_model_live_observations", "{{model}} {{horizon}} {{standing}}")],
                    width=12,
                ),
            ],
        ),
    ],
    since="now-90d",
)


__all__ = ["MODELS"]
