"""The audit log as a Merkle tree (RFC 6962, RFC 9162): checkpoints that are signed, and proofs that anybody can check."""
