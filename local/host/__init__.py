"""A local Azure Functions host with Durable Functions: development and tests only. `host.LocalHost` is the way in."""
