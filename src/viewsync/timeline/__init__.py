"""Pairs become one timeline: a clock per camera with its covariance, or the reasons why it has none.

clock       affine clock maps: apply, invert, chain
graph       which cameras hang together, and in how many ways
equations   what the pairs say, as linear equations in the cameras' clocks
consensus   which pairs agree; which are outvoted; which conflicts can't be settled
noise       how a pair's error splits into its cameras' and its own
cycles      what is left over around triangles
verdicts    what to say of pairs that were set aside and of cameras that couldn't be placed
solve       the whole, from pairs to `Timeline`
"""
