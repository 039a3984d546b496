"""Pictures that follow what a learner has done: drawn from an account's answers, as SVG with text as text."""
