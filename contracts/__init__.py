"""What the rooms of Steward tell each other: values, events, HTTP shapes."""
