"""The check that notice rows and suspension records agree, and what puts them right."""
