"""Helps people to write notebooks of their own on the account.

    surroundings.py  what a notebook is run with: no settings of the machine's owner, and the labs beside it
    reading.py       reads a notebook, and says in words why it can't be run
    executing.py     runs notebooks in clean kernels, and saves them with their outputs
    comparing.py     runs them again, and says where an output is another one (nbval)
    new_lab.py       makes a lab from the example in examples/labs

Writes the notebooks and folders that it is given, and nothing else.
"""
