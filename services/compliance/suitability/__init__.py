"""The sales gate (H21, H22, H24): what may be sold to whom, by whom, and after which steps."""
