"""Signatures of an installation: what it says for itself can be told from what anybody else wrote into its store.

Researchers' code may write into the store. Whoever reads what decides something (ledgers, requests, run records) asks a
:class:`Seal` whether the installation signed it; only who can read the private key can sign.
"""

from foliohub.signatures.key_files import KeyFiles
from foliohub.signatures.seal import SIGNATURE, Seal, digest, unsigned

__all__ = ["SIGNATURE", "KeyFiles", "Seal", "digest", "unsigned"]
