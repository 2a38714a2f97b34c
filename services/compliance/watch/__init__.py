"""The watch: suspicious outflows and high-risk streaks become alerts with an owner and a clock (H25, H26)."""
