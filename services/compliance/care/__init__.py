"""The care that customers of 65 and more get with high-risk products (H24; Order 7 of 2025 art. 14, 18, 46)."""
