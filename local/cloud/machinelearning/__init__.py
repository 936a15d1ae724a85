"""The machine learning resource provider: assets, online endpoints, online deployments, long operations."""
