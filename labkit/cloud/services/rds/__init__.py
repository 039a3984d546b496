"""RDS: databases and their snapshots, and which key each is under."""
