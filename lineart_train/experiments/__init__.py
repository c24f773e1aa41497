"""Why the network is as it is: variants of it, trained alike and scored alike.

`lineart-train compare` runs them; `lineart-train compare-styles` the ways to tell it thickness and brush.
"""
