"""Double recording (双录, H21): consent, script, file, quality check, and how long all of it is kept."""
