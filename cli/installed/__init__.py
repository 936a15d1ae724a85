"""Slipway's command line, installed."""
