"""The envelope of each API family: the only place that knows how its answers are wrapped."""
