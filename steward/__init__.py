"""The operator's side of Steward: embedded servers, the supervisor that runs the suite, and the command line."""
