"""The class's page: a service of JupyterHub. Needs jupyterhub and what it brings, and nothing of labkit.

`events` is what may be told, `room` is what is known of the class, `keeping` has it on disk. `summing_up` makes rows of
it, with the words of `course`; `tables`, `page` and `mine` show them. `handlers` answer kernels and the trainer.
"""
