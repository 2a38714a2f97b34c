"""The microservice chassis, free of banking: everything a service needs before it has a rule of its own."""
