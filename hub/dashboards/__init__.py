"""The dashboards service: Voilà pages of `reports/` for people who cannot run code.

Stand-alone Voilà renders the notebooks; what is reachable is decided here: pages, assets, and one socket per page that
carries nothing but the values of its controls.
"""

from __future__ import annotations
