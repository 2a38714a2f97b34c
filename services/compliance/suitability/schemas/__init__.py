"""What the gate looks like over HTTP."""
