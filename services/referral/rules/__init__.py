"""Pure decisions of `referral`: codes, campaigns, whom a registration rewards, and what a transfer must look like."""
