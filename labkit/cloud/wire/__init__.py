"""AWS's wire protocols: requests to parameters, answers and errors to bytes. Knows no service."""
