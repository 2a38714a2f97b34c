"""Pure rules of the gate: values in, decision out."""
