"""Hands out the course: its notebooks into a folder of the learner's, and later versions without harm to their work.

    material.py     where the course is: in the installed package, or in the checkout
    handing_out.py  copies it, and keeps a record of what was handed out
    merging.py      a learner's notebook and a new version become one, cell by cell
    opening.py      JupyterLab: whether it is there, how to get it, how it is opened

Reads the course, and writes into the learner's folder alone.
"""
