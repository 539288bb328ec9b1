"""Headers that tell browsers what pages of the hub may not do, and how its cookies travel."""

from __future__ import annotations

from typing import Any

from hub.config.settings import HubSettings

# The hub's own pages carry inline scripts without a nonce, so only what loads from where and who frames can be bound.
_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "frame-ancestors": "'self'",
}


def security_headers(settings: HubSettings) -> dict[str, str]:
    """Headers of every page the hub itself serves."""
    headers = {
        "Content-Security-Policy": "; ".join(f"{what} {whence}" for what, whence in _POLICY.items()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    if settings.encrypted:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def tornado_settings(settings: HubSettings) -> dict[str, Any]:
    """What the hub's web server is told about headers and cookies."""
    return {
        "headers": security_headers(settings),
        "cookie_options": {"samesite": "Lax", "secure": settings.encrypted},
    }
