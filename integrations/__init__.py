"""Adapters that speak foreign protocols and know none of the service's rules."""
