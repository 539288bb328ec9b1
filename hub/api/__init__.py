"""The REST API: what recorded runs have published, for programs; a hub service."""
