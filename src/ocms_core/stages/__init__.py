"""Change of processing stage: what officers, PLUS and Toppan move (contract 2)."""
