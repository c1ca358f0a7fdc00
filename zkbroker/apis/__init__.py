"""One module per family of requests: validate, authorize, act, wait, build the response. No state lives here."""
