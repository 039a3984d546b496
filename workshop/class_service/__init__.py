"""The class's page: a service of JupyterHub. Needs jupyterhub and what it brings, and nothing of labkit.

`room` is what is known of the class, `page` shows it, `handlers` answer learners' kernels and the trainer.
"""
