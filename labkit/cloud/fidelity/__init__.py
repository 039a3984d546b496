"""The fidelity ledger: tables of what is as AWS, what differs, what is not simulated. Data only."""
