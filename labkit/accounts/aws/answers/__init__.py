"""What a lab in a real account answers: its time, its events, why a call was allowed or refused."""
