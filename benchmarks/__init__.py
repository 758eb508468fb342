"""How fast OCMS is beside its peers: every contender of a row does the same work in the same run."""
