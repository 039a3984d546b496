"""Multipart uploads: their operations, and what completing one refuses."""
