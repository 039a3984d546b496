"""What every lab keeps to, as functions that answer with problems: tests and `labkit check-lab` call them.

Reads a lab's folder and its notebook (`page`), and walks through the notebook's cells as a learner (`walking`). The
rules are in `texts`, `notebook_shape`, `saved_form` and `states`; `checking` puts them together. nbformat, which the
account does not need, is imported when a notebook is read.
"""
