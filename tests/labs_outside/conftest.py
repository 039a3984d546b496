"""The example lab's notebook runs with LABKIT_LABS only: tests/exercises/test_check_lab.py does that."""

collect_ignore_glob = ["*.ipynb", "*/*.ipynb"]
