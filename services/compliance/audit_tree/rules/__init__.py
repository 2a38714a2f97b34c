"""Pure decisions of the tree: hashes, proofs, and the text of a checkpoint."""
