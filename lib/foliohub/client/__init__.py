"""The REST API from Python: tables as frames, everything else as small models, problems as Foliohub's own errors.

>>> from foliohub.client import Client
>>> client = Client("http://127.0.0.1:8000", token="0123456789abcdef")
>>> client
Client('http://127.0.0.1:8000/services/api/v1')
"""

from foliohub.client.client import Client
from foliohub.client.models import (
    Job,
    Order,
    Portfolio,
    Position,
    Proposal,
    Quote,
    Quotes,
    Run,
    RunRequest,
    Universe,
    Verdict,
)

__all__ = [
    "Client",
    "Job",
    "Order",
    "Portfolio",
    "Position",
    "Proposal",
    "Quote",
    "Quotes",
    "Run",
    "RunRequest",
    "Universe",
    "Verdict",
]
