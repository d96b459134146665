"""The service: a release answers requests over HTTP."""
