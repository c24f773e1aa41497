"""Why the network is as it is: variants of it, trained alike and scored alike.

`python -m lineart_train.experiments` runs them.
"""
