"""Pure decisions of the gateway: who may do what, who works on a case, what a case may do next."""
