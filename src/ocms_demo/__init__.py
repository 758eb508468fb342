"""Sample data, simulators of the partners, the development issuer and the demo: not needed in production."""
