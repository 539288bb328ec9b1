"""The page of jobs and data: what ran, what is late, how fresh prices are."""

from __future__ import annotations

from hub.monitoring.grafana.panels import Page, Panel, p95

JOBS = Page(
    "jobs-and-data",
    "jobs and data",
    "What ran, what failed or is late, how fresh prices are and what cleaning made of them.",
    [
        (
            "Now",
            [
                Panel(
                    "Failed",
                    "1 where the last there was of a job came to nothing.",
                    [("foliohub_job_failed", "{{job_name}}")],
                    kind="bargauge",
                    bad=1,
                ),
                Panel(
                    "Late",
                    "Since the time by the clock that was not dealt with.",
                    [("foliohub_job_late_seconds", "{{job_name}}")],
                    "s",
                    "bargauge",
                    900,
                    3600,
                ),
                Panel(
                    "Last success",
                    "When a run of the job last succeeded.",
                    [("foliohub_job_last_success_timestamp_seconds * 1000", "{{job_name}}")],
                    "dateTimeFromNow",
                    "bargauge",
                ),
                Panel("Requests", "What was asked for, by state.", [("foliohub_scheduler_requests", "{{state}}")]),
                Panel(
                    "Longest wait",
                    "How long the oldest open request has waited.",
                    [("foliohub_scheduler_longest_wait_seconds", "wait")],
                    "s",
                    warn=900,
                    bad=3600,
                ),
                Panel("Under way", "Runs that go on.", [("foliohub_scheduler_running", "{{job_name}}")]),
            ],
        ),
        (
            "Runs",
            [
                Panel(
                    "Duration",
                    "Seconds of the last run that succeeded.",
                    [("foliohub_job_last_success_seconds", "{{job_name}}")],
                    "s",
                    width=12,
                ),
                Panel(
                    "Rows written",
                    "Rows in the tables of that run.",
                    [("foliohub_job_rows_written", "{{job_name}}")],
                    width=12,
                ),
                Panel(
                    "Runs on record",
                    "By job and status.",
                    [("sum by (job_name, status) (foliohub_job_runs)", "{{job_name}} {{status}}")],
                    kind="table",
                    width=12,
                ),
                Panel(
                    "Scheduler's rounds",
                    "95 of 100 rounds are faster; and rounds a second that could not use the store.",
                    [
                        (p95("foliohub_scheduler_tick_seconds"), "seconds"),
                        ("rate(foliohub_scheduler_tick_failures_total[5m])", "failures a second"),
                    ],
                    width=12,
                    warn=1,
                    bad=10,
                ),
            ],
        ),
        (
            "Data",
            [
                Panel(
                    "Sessions behind",
                    "Sessions that have closed since the last one stored.",
                    [("foliohub_data_sessions_behind", "{{universe}}")],
                    kind="stat",
                    warn=1,
                    bad=2,
                ),
                Panel(
                    "Last session",
                    "The last one whose prices are stored.",
                    [("foliohub_data_last_session_timestamp_seconds * 1000", "{{universe}}")],
                    "dateTimeAsIso",
                    "stat",
                ),
                Panel(
                    "Rows added", "By the last ingestion.", [("foliohub_data_rows_added", "{{universe}}")], kind="stat"
                ),
                Panel(
                    "Quarantined tickers",
                    "They are neither forecast nor traded.",
                    [('foliohub_data_tickers{status="quarantined"}', "{{universe}}")],
                    warn=1,
                    bad=3,
                ),
                Panel(
                    "Tickers", "By what cleaning made of them.", [("foliohub_data_tickers", "{{universe}} {{status}}")]
                ),
                Panel(
                    "Touched rows",
                    "Rows that a rule of cleaning touched.",
                    [("foliohub_data_touched_rows", "{{universe}} {{rule}}")],
                ),
                Panel(
                    "Proposals",
                    "By portfolio and status.",
                    [("foliohub_data_proposals", "{{portfolio}} {{status}}")],
                    width=12,
                ),
            ],
        ),
    ],
    since="now-7d",
)


__all__ = ["JOBS"]
