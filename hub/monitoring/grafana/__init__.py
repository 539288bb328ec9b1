"""Grafana's pages, generated: ``python -m hub.monitoring.grafana`` writes `dashboards/*.json` anew."""
