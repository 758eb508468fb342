"""HST suspension: identities whose owner cannot be reached, and their notices (contract 4)."""
