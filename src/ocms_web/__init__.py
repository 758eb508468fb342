"""The HTTP API: from a request to a service call and back; no SQL and no outbound call lives here."""
