"""Court and payment: what CAS and PLUS ask OCMS (contract 1)."""
