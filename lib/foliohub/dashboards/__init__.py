"""Dashboards: what managers and operators read in the browser, drawn from what runs have published.

Every dashboard is a thin notebook in `reports/` over one module here. They read and never write; whatever they show is
read after the request for the page has arrived.
"""

from __future__ import annotations
