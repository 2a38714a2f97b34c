"""Looking at the audit log from outside: a client, and a witness that signs only what goes on from what it saw."""
