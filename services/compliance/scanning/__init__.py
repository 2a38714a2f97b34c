"""What may be said: texts that leave the bank are searched for promises and other forbidden wording (H23, H29)."""
