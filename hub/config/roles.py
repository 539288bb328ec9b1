"""Who may do what: the one place. Groups of people get roles, roles are lists of scopes.

=============  =======================================================================================
researchers    their own server; read everything; start runs; propose
managers       dashboards and the API, read only; approve or reject proposals; no server, no code
operators      the admin page, runs, schedules, imports of fills; everything but approving
=============  =======================================================================================

Scopes that begin with ``custom:`` are ours and are checked by the API. Programs get any of them with a token of their
own. No role here includes JupyterHub's ``tokens`` (for others) or ``access:servers``: with these, an operator could
act in a manager's name.
"""

from __future__ import annotations

from typing import Any

GROUPS = ("researchers", "managers", "operators")

CUSTOM_SCOPES: dict[str, str] = {
    "custom:data:read": "Read universes, prices, quality, quotes, forecasts, scores and backtests.",
    "custom:portfolio:read": "Read portfolios and proposals.",
    "custom:proposals:create": "Propose a rebalance.",
    "custom:proposals:approve": "Approve or reject somebody else's proposal.",
    "custom:runs:read": "Read what ran, when, on which data.",
    "custom:runs:start": "Start a job.",
    "custom:schedule:write": "Pause, cancel and start scheduled jobs.",
    "custom:fills:import": "Import what was traded.",
    "custom:metrics:read": "Read figures about the platform itself.",
}

_READ = ("custom:data:read", "custom:portfolio:read", "custom:runs:read")
_OWN_SERVER = ("servers!user", "access:servers!user", "users:activity!user")

EVERYBODY = (
    "read:users:name!user",
    "read:users:groups!user",  # without it, logging in to a service ends with an error of the server
    "read:tokens!user",
    "tokens!user",  # for programs in their own name; a token never has more scopes than its owner
    "access:services!service=dashboards",
    "access:services!service=api",
)

RESEARCHER = (*_READ, *_OWN_SERVER, "custom:runs:start", "custom:proposals:create")
MANAGER = (*_READ, "custom:proposals:approve")
OPERATOR = (
    *RESEARCHER,
    "custom:schedule:write",
    "custom:fills:import",
    "custom:metrics:read",
    "admin-ui",
    "list:users",
    "read:users",
    "read:servers",
    "servers",  # start and stop, which is not to enter
    "read:hub",
    "read:metrics",
    "list:services",
    "read:services",
)

SERVER_TOKEN = (
    "users:activity!user",
    "access:servers!server",
    "access:services!service=api",
    *(scope for scope in RESEARCHER if scope.startswith("custom:")),
)
"""Scopes asked for a notebook's own token: the hub grants those its owner holds."""

CULLER = ("list:users", "read:users:activity", "read:servers", "delete:servers")
SUPERVISOR = ("proxy", "list:users", "read:users", "read:servers", "delete:servers", "delete:users", "tokens")

MONITORING = ("read:metrics", "custom:metrics:read", "access:services!service=api")

OWN_SERVICES = ("culler", "supervisor", "monitoring")
"""Names under which parts of the platform on one machine speak to the hub; on Kubernetes the chart names them."""


def load_roles(services: tuple[str, ...] = OWN_SERVICES) -> list[dict[str, Any]]:
    """Roles as JupyterHub takes them; `services` are those of its own services that are there."""
    people = [
        {"name": "user", "description": "What everybody may who logs in.", "scopes": list(EVERYBODY)},
        _role("researcher", "Research: own server, runs, proposals.", RESEARCHER, "researchers"),
        _role("manager", "Decide: dashboards, approval of proposals.", MANAGER, "managers"),
        _role("operator", "Operate: servers, runs, schedules, fills.", OPERATOR, "operators"),
    ]
    own = {"culler": CULLER, "supervisor": SUPERVISOR, "monitoring": MONITORING}
    return people + [
        {"name": f"foliohub-{name}", "description": f"The {name}.", "scopes": list(own[name]), "services": [name]}
        for name in services
        if name in own
    ]


def _role(name: str, description: str, scopes: tuple[str, ...], group: str) -> dict[str, Any]:
    return {"name": name, "description": description, "scopes": list(scopes), "groups": [group]}
