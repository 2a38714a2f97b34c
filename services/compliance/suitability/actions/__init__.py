"""The use cases of the gate: check, assess, keep the registers."""
