"""The page of what the platform's parts say: whether each answers, how fast, and what is about to run out."""

from __future__ import annotations

from hub.monitoring.grafana.panels import Page, Panel, p95

PLATFORM = Page(
    "platform",
    "platform",
    "Whether every part answers, how fast, and what is about to run out.",
    [
        (
            "Parts",
            [
                Panel(
                    "Up",
                    "1 for each part that answers the scrape.",
                    [('up{job=~"foliohub-.*"}', "{{job}} {{instance}}")],
                    kind="stat",
                    warn=1,
                    bad=0.5,
                    width=12,
                    height=5,
                ),
                Panel(
                    "Scheduler's last round",
                    "Since a round last ended; rounds are a second apart.",
                    [("time() - foliohub_scheduler_last_tick_timestamp_seconds", "since")],
                    "s",
                    "stat",
                    30,
                    120,
                    6,
                    5,
                ),
                Panel(
                    "Store",
                    "1 while the store can be read.",
                    [("foliohub_store_up", "readable")],
                    kind="stat",
                    warn=1,
                    bad=0.5,
                    width=6,
                    height=5,
                ),
            ],
        ),
        (
            "API",
            [
                Panel(
                    "Requests",
                    "Answers a second, by status.",
                    [("sum by (status) (rate(foliohub_api_requests_total[5m]))", "{{status}}")],
                    "reqps",
                ),
                Panel(
                    "Errors",
                    "Share of answers that are errors of our own.",
                    [("foliohub:api_errors:ratio5m", "5xx")],
                    "percentunit",
                    warn=0.01,
                    bad=0.05,
                ),
                Panel(
                    "Time to answer",
                    "95 of 100 answers are faster.",
                    [(p95("foliohub_api_request_seconds", "route"), "{{route}}")],
                    "s",
                    warn=0.5,
                    bad=1,
                ),
            ],
        ),
        (
            "Dashboards",
            [
                Panel(
                    "Time to draw",
                    "95 of 100 pages are drawn faster, from the click to the last part.",
                    [(p95("foliohub_dashboards_page_seconds", "page"), "{{page}}")],
                    "s",
                    warn=4,
                    bad=8,
                ),
                Panel(
                    "Wait for a turn",
                    "95 of 100 viewers wait less before their page begins to be drawn.",
                    [(p95("foliohub_dashboards_wait_seconds"), "wait")],
                    "s",
                    warn=1,
                    bad=5,
                ),
                Panel(
                    "Pages",
                    "Pages a second, by what came of them.",
                    [("sum by (outcome) (rate(foliohub_dashboards_pages_total[5m]))", "{{outcome}}")],
                    "reqps",
                ),
                Panel(
                    "Seats",
                    "Pages that hold a kernel, and how many may.",
                    [
                        ("sum(foliohub_dashboards_seats_taken)", "taken"),
                        ("sum(foliohub_dashboards_seats)", "there are"),
                    ],
                ),
                Panel(
                    "Kernels",
                    "Processes behind pages, and pages kept ready for the next viewer.",
                    [
                        ("sum(foliohub_dashboards_kernels)", "kernels"),
                        ("sum(foliohub_dashboards_pages_ready)", "ready"),
                        ("sum(foliohub_dashboards_sockets)", "connected"),
                    ],
                ),
                Panel(
                    "Queue",
                    "Viewers whose page is drawn or waits, and how many there may be.",
                    [("sum(foliohub_dashboards_queue)", "queue"), ("sum(foliohub_dashboards_queue_limit)", "limit")],
                ),
            ],
        ),
        (
            "Store and machine",
            [
                Panel("Stored", "Bytes in the store, compressed.", [("foliohub_store_bytes", "{{library}}")], "bytes"),
                Panel(
                    "Versions",
                    "Versions kept; `foliohub store prune` removes what nobody names.",
                    [("foliohub_store_versions", "{{library}}")],
                ),
                Panel(
                    "Time of a write",
                    "Mean seconds of the scheduler's writes, waits for others included.",
                    [
                        (
                            (
                                "rate(foliohub_store_write_seconds_sum[15m])"
                                " / (rate(foliohub_store_write_seconds_count[15m]) > 0)"
                            ),
                            "{{kind}}",
                        )
                    ],
                    "s",
                    warn=0.5,
                    bad=5,
                ),
                Panel(
                    "Volume",
                    "How full the state folder's volume is.",
                    [("foliohub:volume_used:ratio", "{{volume}}")],
                    "percentunit",
                    warn=0.85,
                    bad=0.95,
                ),
                Panel(
                    "Memory",
                    "Resident memory of our processes.",
                    [('process_resident_memory_bytes{job=~"foliohub-.*"}', "{{job}} {{instance}}")],
                    "bytes",
                ),
                Panel(
                    "Processor",
                    "Cores that our processes use.",
                    [('rate(process_cpu_seconds_total{job=~"foliohub-.*"}[5m])', "{{job}} {{instance}}")],
                ),
            ],
        ),
        (
            "Quotes",
            [
                Panel(
                    "Age of the newest quote",
                    "In seconds of trading: a closed exchange makes none older.",
                    [("foliohub_quotes_age_seconds", "age")],
                    "s",
                    warn=120,
                    bad=300,
                ),
                Panel(
                    "Connections",
                    "Streams opened, and those that broke, an hour.",
                    [
                        ("increase(foliohub_quotes_connections_total[1h])", "opened"),
                        ("increase(foliohub_quotes_connection_failures_total[1h])", "broken"),
                        ("increase(foliohub_quotes_refused_messages_total[1h])", "messages refused"),
                    ],
                ),
                Panel(
                    "Tickers",
                    "Tickers that are followed, and those with a quote.",
                    [("foliohub_quotes_followed", "followed"), ("foliohub_quotes_known", "quoted")],
                ),
            ],
        ),
    ],
)


__all__ = ["PLATFORM"]
