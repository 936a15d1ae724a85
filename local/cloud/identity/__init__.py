"""Managed identity: tokens, and the local endpoint that hands them out."""
