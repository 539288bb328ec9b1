"""The page of users and cost."""

from __future__ import annotations

from hub.monitoring.grafana.panels import Page, Panel, p95

USERS = Page(
    "users-and-cost",
    "users and cost",
    "Who uses the platform, and what its computing costs at the prices given above.",
    [
        (
            "People",
            [
                Panel(
                    "Active people",
                    "Who used the hub within 24 hours, 7 and 30 days.",
                    [("max by (period) (jupyterhub_active_users)", "{{period}}")],
                    width=6,
                ),
                Panel(
                    "Servers",
                    "Researchers' servers that run.",
                    [("max(jupyterhub_running_servers)", "running")],
                    width=6,
                ),
                Panel(
                    "Start of a server",
                    "95 of 100 servers start faster.",
                    [(p95("jupyterhub_server_spawn_duration_seconds"), "start")],
                    "s",
                    warn=60,
                    bad=120,
                    width=6,
                ),
                Panel(
                    "The hub's answers",
                    "Requests a second, by status.",
                    [("sum by (code) (rate(jupyterhub_request_duration_seconds_count[5m]))", "{{code}}")],
                    "reqps",
                    width=6,
                ),
            ],
        ),
        (
            "Cost of jobs",
            [
                Panel(
                    "Core hours",
                    "What all runs on record asked for: seconds times cores, by job.",
                    [("foliohub:job_core_seconds:sum / 3600", "{{job_name}}")],
                    kind="bargauge",
                ),
                Panel(
                    "Cost of a run",
                    "Of the last success: its core and memory hours, at the prices above.",
                    [
                        (
                            (
                                "foliohub_job_last_success_seconds / 3600 * (foliohub_job_requested_cores * $core_hour"
                                " + foliohub_job_requested_bytes / 1e9 * $gigabyte_hour)"
                            ),
                            "{{job_name}}",
                        )
                    ],
                    "currencyUSD",
                    "bargauge",
                ),
                Panel(
                    "Cost of all runs",
                    "Of all runs on record.",
                    [
                        (
                            (
                                "sum(foliohub_job_busy_seconds_total / 3600"
                                " * (foliohub_job_requested_cores * $core_hour"
                                " + foliohub_job_requested_bytes / 1e9 * $gigabyte_hour))"
                            ),
                            "all",
                        )
                    ],
                    "currencyUSD",
                    "stat",
                ),
            ],
        ),
        (
            "Cost of people's servers and of the store",
            [
                Panel(
                    "Servers, an hour",
                    "Running servers, each with the cores and memory given above.",
                    [
                        (
                            (
                                "max(jupyterhub_running_servers) * ($server_cores * $core_hour"
                                " + $server_gigabytes * $gigabyte_hour)"
                            ),
                            "an hour",
                        )
                    ],
                    "currencyUSD",
                ),
                Panel(
                    "Store, a month",
                    "What is stored, at the price above.",
                    [("sum(foliohub_store_bytes) / 1e9 * $gigabyte_month", "a month")],
                    "currencyUSD",
                ),
                Panel(
                    "Streams and seats",
                    "What people hold open: streams of quotes, and pages with a kernel.",
                    [("sum(foliohub_api_streams)", "streams"), ("sum(foliohub_dashboards_seats_taken)", "pages")],
                ),
            ],
        ),
    ],
    constants=[
        ("core_hour", "A core, an hour", "0.04"),
        ("gigabyte_hour", "A gigabyte of memory, an hour", "0.005"),
        ("gigabyte_month", "A gigabyte stored, a month", "0.023"),
        ("server_cores", "Cores of a server", "2"),
        ("server_gigabytes", "Gigabytes of a server", "4"),
    ],
    since="now-30d",
)


__all__ = ["USERS"]
