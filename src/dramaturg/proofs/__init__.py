"""Planted cases of every recipe: small worlds whose right answer is known, run without a model."""

from dramaturg.proofs.proof import Disproved, Outcome, Proof, all_proofs, hold, proof, prove

__all__ = ["Disproved", "Outcome", "Proof", "all_proofs", "hold", "proof", "prove"]
