"""Scripts, prompts and retention as versioned data: one person drafts, another approves."""
