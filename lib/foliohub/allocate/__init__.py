"""Allocate."""
