"""What runs when: due times, requests, and what the scheduler does about them.

>>> from foliohub.schedule import Requests, upcoming
"""

from foliohub.schedule.alerts import Alert, Alerts
from foliohub.schedule.opening import open_requests
from foliohub.schedule.plan import due_times, upcoming
from foliohub.schedule.request import SCHEDULE, Pause, Request, State
from foliohub.schedule.requests import Requests

__all__ = [
    "SCHEDULE",
    "Alert",
    "Alerts",
    "Pause",
    "Request",
    "Requests",
    "State",
    "due_times",
    "open_requests",
    "upcoming",
]
