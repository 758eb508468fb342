"""The staff pages: what an officer sees and does in a browser, by the same calls as the API."""
